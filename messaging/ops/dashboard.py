"""What the first page of the ops console shows: all of it read from the database, in seven statements."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import BooleanField, Case, Count, OuterRef, QuerySet, Subquery, Value, When, Window
from django.db.models.functions import Coalesce
from django.utils import timezone

from campaigns.models import Campaign, CampaignProgress
from campaigns.states import CAMPAIGN_LIVE
from config.heartbeats import Alive, beating_since, processes, served
from config.queues import Queue
from messaging.health.sweeps import Sweep, sweeps
from messaging.health.work import depths
from messaging.models import Alert, ProviderAccount, RouteEvent
from messaging.ops.charts import Hour, hours, per_minute, whole
from messaging.ops.queries import Gauges, gauges, minutes
from messaging.sending.limits import current_share
from messaging.watchdog.alerts import open_alerts

SHOWN = 12  # campaigns, and provider accounts
ALERTS = 20
STUCK = ("campaign_stuck", "snapshot_stuck", "campaign_late")


class Running(NamedTuple):
    """A campaign that is sending or paused."""

    id: int
    name: str
    store: str
    status: str
    reason: str
    audience: int
    done: int
    unknown: int
    stuck: bool

    @property
    def percent(self) -> int:
        """Whole percents that are no longer waiting."""
        return 100 * self.done // self.audience if self.audience else 0


class Lane(NamedTuple):
    """A queue: rings that wait (None: the broker does not answer), the rows behind them, and who consumes it.

    `rows`: None where the queue carries chores without rows of their own. `due`: seconds of the oldest.
    """

    name: str
    waiting: int | None
    workers: int
    rows: int | None
    due: float | None

    @property
    def late(self) -> bool:
        """Whether the oldest has been due for too long, or nobody is there."""
        return not self.workers or (self.due is not None and self.due > settings.WATCH_LATE_SECONDS)


class Route(NamedTuple):
    """A provider account: how fast it may go, how it goes, and how often sending moved in the last day.

    `rate`: parts per second in force, None when Redis does not say. `breaker`: ok, away (others go first), probing (one
    batch tries it), stopped.
    """

    account: ProviderAccount
    rate: float | None
    faults: int
    breaker: str
    reason: str
    moves: int


class Now(NamedTuple):
    """How the house is."""

    running: list[Running]
    live: int
    gauges: Gauges
    lanes: list[Lane]
    processes: list[Alive]
    sweeps: list[Sweep]
    alerts: list[Alert]
    routes: list[Route]
    day: list[Hour]
    hour: list[int]

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
        return self.gauges.ready_due is not None and Queue.SEND.value not in served(self.processes)

    @property
    def trouble(self) -> list[Sweep]:
        """Sweeps that are late or failed."""
        return [sweep for sweep in self.sweeps if sweep.late or sweep.error]

    @property
    def today(self) -> Hour:
        """The whole day in one."""
        return whole(self.day)


def dashboard() -> Now:
    """Everything of the first page."""
    now = timezone.now()
    seen, found, alerts = processes(), gauges(), list(open_alerts()[:ALERTS])
    told = minutes(since=now - timedelta(hours=24))
    live = running(stuck=[_campaign_of(alert) for alert in alerts if alert.name in STUCK])
    return Now(
        running=[_running(campaign) for campaign in live],
        live=live[0].live if live else 0,
        gauges=found,
        lanes=_lanes(seen, found),
        processes=seen,
        sweeps=sweeps(since=beating_since(seen)),
        alerts=alerts,
        routes=_routes(now),
        day=hours(told, now=now),
        hour=per_minute(told, now=now),
    )


def _campaign_of(alert: Alert) -> int:
    number = alert.subject.partition(":")[2]
    return int(number) if number.isdecimal() else 0


def running(*, stuck: list[int]) -> list[Any]:
    """Live campaigns: the stuck ones first, then the latest; each knows how many there are. Index: campaign_live."""
    rows = Campaign.objects.filter(status__in=CAMPAIGN_LIVE).annotate(
        stuck=Case(When(pk__in=stuck, then=Value(True)), default=Value(False), output_field=BooleanField()),
        live=Window(Count("pk")),
    )
    return list(rows.select_related("store", "progress").order_by("-stuck", "-started_at", "-pk")[:SHOWN])


def _running(campaign: Any) -> Running:
    row: CampaignProgress = getattr(campaign, "progress", None) or CampaignProgress()
    return Running(
        id=campaign.pk,
        name=campaign.name,
        store=campaign.store.name,
        status=campaign.status,
        reason=campaign.reason,
        audience=row.audience,
        done=row.audience - row.pending,
        unknown=row.unknown,
        stuck=campaign.stuck,
    )


def _lanes(seen: list[Alive], found: Gauges) -> list[Lane]:
    alive = [process for process in seen if process.alive]
    rows = {
        Queue.SEND.value: (found.ready, found.ready_due),
        Queue.RECEIPTS.value: (found.receipts + found.texts, _longer(found.receipts_due, found.texts_due)),
        Queue.IMPORT.value: (found.imports, None),
        Queue.HOOKS.value: (found.hooks, found.hooks_due),
    }
    return [
        Lane(name, rings, sum(name in one.queues for one in alive), *rows.get(name, (None, None)))
        for name, rings in depths().items()
    ]


def _longer(one: float | None, other: float | None) -> float | None:
    return max((age for age in (one, other) if age is not None and age > 0), default=None)


def _routes(now: datetime) -> list[Route]:
    """Accounts, those in trouble first, and how often sending moved away from each in a day."""
    moves = RouteEvent.objects.filter(account=OuterRef("pk"), at__gt=now - timedelta(days=1))
    number = moves.order_by().values("account").annotate(n=Count("pk")).values("n")
    rows: QuerySet[ProviderAccount] = ProviderAccount.objects.select_related("health", "store")
    rows = rows.defer("credentials", "options").annotate(moves=Coalesce(Subquery(number), 0))
    shares: list[float] = []
    return [_route(account, now, shares) for account in rows.order_by("health__away_until", "status", "pk")[:SHOWN]]


def _route(account: ProviderAccount, now: datetime, shares: list[float]) -> Route:
    # Redis that does not answer is asked once: each question costs two seconds.
    shares.append(0.0 if 0.0 in shares else current_share(account.pk))
    health = getattr(account, "health", None)
    away = health.away_until if health else None
    breaker = "stopped" if account.status == "stopped" else "ok"
    if away is not None and account.status == "active":
        breaker = "away" if away > now else "probing"
    return Route(
        account=account,
        rate=round(account.parts_per_second * shares[-1], 1) if shares[-1] else None,
        faults=health.faults if health else 0,
        breaker=breaker,
        reason=account.status_reason or (health.reason if health else ""),
        moves=account.moves,  # type: ignore[attr-defined]  # annotated above
    )
