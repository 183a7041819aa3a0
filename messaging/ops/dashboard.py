"""What the first page of the ops console shows: all of it read from the database, in nine statements."""

from typing import NamedTuple

from django.db.models import Sum

from campaigns.models import Campaign, CampaignProgress
from campaigns.states import CAMPAIGN_LIVE
from config.heartbeats import Alive, beating_since, processes, served
from config.queues import Queue
from messaging.health.sweeps import Sweep, sweeps
from messaging.health.work import Work, depths, unmatched_receipts, work
from messaging.models import Alert
from messaging.watchdog.alerts import open_alerts

SHOWN = 12  # campaigns


class Running(NamedTuple):
    """A campaign that is sending or paused."""

    id: int
    name: str
    store: str
    status: str
    reason: str
    audience: int
    done: int

    @property
    def percent(self) -> int:
        """Whole percents that are no longer waiting."""
        return 100 * self.done // self.audience if self.audience else 0


class Lane(NamedTuple):
    """A queue: rings that wait (None: the broker does not answer) and the workers that consume it."""

    name: str
    waiting: int | None
    workers: int


class Now(NamedTuple):
    """How the house is."""

    running: list[Running]
    work: Work
    lanes: list[Lane]
    processes: list[Alive]
    sweeps: list[Sweep]
    unknown: int
    unmatched: int
    alerts: list[Alert]

    @property
    def workers(self) -> int:
        """Workers that live."""
        return sum(process.alive for process in self.processes if process.kind == "worker")

    @property
    def beats(self) -> int:
        """Beats that live."""
        return sum(process.alive for process in self.processes if process.kind == "beat")

    @property
    def idle(self) -> bool:
        """Whether work is due and nobody sends."""
        return self.work.oldest_batch is not None and Queue.SEND.value not in served(self.processes)

    @property
    def trouble(self) -> list[Sweep]:
        """Sweeps that are late or failed."""
        return [sweep for sweep in self.sweeps if sweep.late or sweep.error]


def dashboard() -> Now:
    """Everything of the first page."""
    seen = processes()
    alive = [process for process in seen if process.alive]
    unknown = CampaignProgress.objects.filter(unknown__gt=0).aggregate(n=Sum("unknown"))["n"]
    return Now(
        running=running(),
        work=work(),
        lanes=[Lane(name, rings, sum(name in one.queues for one in alive)) for name, rings in depths().items()],
        processes=seen,
        sweeps=sweeps(since=beating_since(seen)),
        unknown=unknown or 0,
        unmatched=unmatched_receipts(),
        alerts=list(open_alerts()[:SHOWN]),
    )


def running() -> list[Running]:
    """Live campaigns, the latest first. Index: campaign_live."""
    rows = Campaign.objects.filter(status__in=CAMPAIGN_LIVE).order_by("-started_at", "-pk")
    rows = rows.select_related("store", "progress")[:SHOWN]
    return [_running(campaign) for campaign in rows]


def _running(campaign: Campaign) -> Running:
    row: CampaignProgress = getattr(campaign, "progress", None) or CampaignProgress()
    done = row.audience - row.pending
    return Running(
        campaign.pk, campaign.name, campaign.store.name, campaign.status, campaign.reason, row.audience, done
    )
