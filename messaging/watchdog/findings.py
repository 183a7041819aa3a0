"""What the watchdog looks for. Each look is bounded, served by an index of open work, and says what it saw in words.

Lost rings, expired leases, lost calls, orphan holds and missing ends are not here: their sweeps mend them. A sweep that
does not run is here, and so is what stays wrong although it runs.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models.functions import Now
from redis.exceptions import RedisError

from audiences.models import ContactImport
from audiences.states import IMPORT_OPEN
from campaigns.models import Campaign, CampaignSnapshot
from campaigns.queries.drift import stuck
from config.heartbeats import Alive, beating_since, processes, served
from config.queues import Queue
from config.redis import client
from config.strangers import strangers as others
from messaging.health.sweeps import sweeps
from messaging.health.work import Work, unmatched_receipts, work
from messaging.hooks.queries import forgotten_endpoints
from messaging.inbound import waiting as inbound
from messaging.models import AccountHealth, ProviderAccount, Receipt
from messaging.sending import spool
from messaging.sending.breaker import FAULTS
from messaging.watchdog import tell
from messaging.watchdog.troubles import Trouble

SHOWN = 20  # findings of one kind: a flood is told by its first ones
UNMATCHED_AFTER = timedelta(minutes=10)
PROBE = "heliograph:watchdog"


class Finding(NamedTuple):
    """Something wrong. `subject`: `<kind>:<id>`, or empty for the house; `detail`: in words, without personal data."""

    name: Trouble
    subject: str
    detail: str


class House(NamedTuple):
    """What several looks need, read once."""

    processes: list[Alive]
    work: Work


def house() -> House:
    """The processes, and the work that waits."""
    return House(processes(), work())


def nobody_works(house: House) -> list[Finding]:
    """Work of a queue is due and no worker of it lives; or no Beat does."""
    consumed = served(house.processes)
    missing = [queue for queue in Queue if queue.value not in consumed]
    found = [
        Finding(Trouble.NO_WORKER, f"queue:{queue}", f"No worker of the queue {queue} is alive.") for queue in missing
    ]
    if beating_since(house.processes) is None:
        found.append(
            Finding(Trouble.NO_BEAT, "", "No Beat is alive: nothing scheduled starts, lost work is not found.")
        )
    return found


def work_waits(house: House) -> list[Finding]:
    """Batches, receipts or webhooks have been due for too long, whoever lives: workers that hang look alive.

    Index: receipt_waiting.
    """
    late = settings.WATCH_LATE_SECONDS
    found = []
    if (age := house.work.oldest_batch) is not None and age > late and not settings.QUEUE_DISABLED:
        found.append(Finding(Trouble.SENDING_WAITS, "", f"A batch has been due for more than {late} s."))
    due = Now() - timedelta(seconds=late)
    if Receipt.objects.filter(applied_at=None, next_try_at__lt=due).exists():
        found.append(Finding(Trouble.RECEIPTS_WAIT, "", f"A receipt has been due for more than {late} s."))
    if forgotten_endpoints(late_seconds=late, limit=1):
        found.append(Finding(Trouble.WEBHOOKS_WAIT, "", f"A webhook has been due for {late} s and nobody called."))
    return found


def sweeps_missing(house: House) -> list[Finding]:
    """A sweep did not run when it should have, or failed."""
    since = beating_since(house.processes)
    return [
        Finding(
            Trouble.SWEEP, f"sweep:{sweep.name}", f"failed: {sweep.error}" if sweep.error else "It did not run in time."
        )
        for sweep in sweeps(since=since)
        if since and (sweep.late or sweep.error)
    ]


def strangers(house: House) -> list[Finding]:
    """A process talks to another broker or database than this one."""
    return [
        Finding(Trouble.INSTALLATION, f"process:{name}"[:100], "It has another broker or database than the others.")
        for name in others(house.processes)[:SHOWN]
    ]


def stuck_campaigns(house: House) -> list[Finding]:
    """Live campaigns without anything that could move them on."""
    return [
        Finding(Trouble.CAMPAIGN_STUCK, drift.subject, f"{drift.found} recipients wait and no batch is open.")
        for drift in stuck(hours=None, shown=SHOWN, grace=settings.WATCH_LATE_SECONDS)
    ]


def stuck_snapshots(house: House) -> list[Finding]:
    """Campaigns whose audience is not written down any further. Index: snapshot_open."""
    quiet = Now() - timedelta(seconds=settings.WATCH_LATE_SECONDS)
    rows = CampaignSnapshot.objects.filter(done_at=None, touched_at__lt=quiet, campaign__status="sending")
    return [
        Finding(Trouble.SNAPSHOT_STUCK, f"campaign:{pk}", "Its audience is not written down any further.")
        for pk in rows.order_by("touched_at").values_list("pk", flat=True)[:SHOWN]
    ]


def late_campaigns(house: House) -> list[Finding]:
    """Scheduled campaigns that nobody looked at although they are due. Index: campaign_due."""
    due = Now() - timedelta(seconds=settings.WATCH_LATE_SECONDS)
    rows = Campaign.objects.filter(status="scheduled", next_try_at__lt=due, store__status="active")
    return [
        Finding(Trouble.CAMPAIGN_LATE, f"campaign:{pk}", "It is due and was not started.")
        for pk in rows.order_by("next_try_at").values_list("pk", flat=True)[:SHOWN]
    ]


def stuck_imports(house: House) -> list[Finding]:
    """Imports that nobody goes on with. Index: import_open."""
    quiet = Now() - timedelta(seconds=settings.WATCH_LATE_SECONDS)
    rows = ContactImport.objects.filter(status__in=IMPORT_OPEN, touched_at__lt=quiet)
    return [
        Finding(Trouble.IMPORT_STUCK, f"import:{pk}", "Nobody goes on with it.")
        for pk in rows.order_by("touched_at").values_list("pk", flat=True)[:SHOWN]
    ]


def stopped_accounts(house: House) -> list[Finding]:
    """Accounts that the circuit breaker stopped; staff starts them again."""
    rows = ProviderAccount.objects.filter(status="stopped", status_reason__in=FAULTS.values())
    return [
        Finding(Trouble.ACCOUNT_STOPPED, f"provideraccount:{account.pk}", account.status_reason)
        for account in rows.order_by("pk")[:SHOWN]
    ]


def accounts_away(house: House) -> list[Finding]:
    """Accounts that others go before, since calls over them failed or their receipts are late."""
    rows = AccountHealth.objects.filter(away_until__isnull=False, account__status="active")
    return [
        Finding(Trouble.ACCOUNT_AWAY, f"provideraccount:{health.pk}", health.reason)
        for health in rows.order_by("pk")[:SHOWN]
    ]


def dead_letters(house: House) -> list[Finding]:
    """Batches that ended as dead letters and wait for somebody to requeue or discard them."""
    number = house.work.batches["dead"]
    return [Finding(Trouble.DEAD_LETTERS, "", "Dead letters wait for a decision.")] if number else []


def strange_receipts(house: House) -> list[Finding]:
    """Receipts about nobody we know, for longer than any order of arrival explains."""
    if not unmatched_receipts():
        return []
    old = Receipt.objects.filter(applied_at=None, tries__gt=0, received_at__lt=Now() - UNMATCHED_AFTER)
    if not old.exists():
        return []
    return [Finding(Trouble.RECEIPTS_UNMATCHED, "", "Receipts match no message: another installation's, or forged.")]


def texts_wait(house: House) -> list[Finding]:
    """Texts from people that nobody acted on, or could read: perhaps an opt-out."""
    found = []
    if inbound.late():
        found.append(Finding(Trouble.INBOUND_WAITS, "", "A text from a person was not acted on: perhaps an opt-out."))
    if inbound.unreadable():
        found.append(Finding(Trouble.INBOUND_UNREADABLE, "", "A provider hands texts over that nobody can read."))
    return found


def spooled(house: House) -> list[Finding]:
    """Outcomes on this machine's disk that the database did not take. Only this machine's spool can be seen."""
    old = next(spool.waiting(limit=1, older_than_seconds=settings.WATCH_LATE_SECONDS + 600), None)
    return (
        [Finding(Trouble.OUTCOMES_SPOOLED, "", "Outcomes of calls wait on disk; nothing of them is lost.")]
        if old
        else []
    )


def untold_alerts(house: House) -> list[Finding]:
    """A channel takes no notices of alerts."""
    return [
        Finding(Trouble.ALERTS_UNTOLD, f"channel:{channel}", f"Alerts cannot be told to the {channel}.")
        for channel in tell.silent_channels()
    ]


def redis(house: House) -> list[Finding]:
    """Redis is away, or full and refuses to be written to."""
    try:
        client().set(PROBE, 1, ex=60)
    except RedisError as error:
        return [Finding(Trouble.REDIS, "", f"Redis takes no writes ({type(error).__name__}); sending goes on, slowly.")]
    return []


LOOKS: tuple[Callable[[House], list[Finding]], ...] = (
    nobody_works,
    work_waits,
    sweeps_missing,
    strangers,
    stuck_campaigns,
    stuck_snapshots,
    late_campaigns,
    stuck_imports,
    stopped_accounts,
    accounts_away,
    dead_letters,
    strange_receipts,
    texts_wait,
    spooled,
    untold_alerts,
    redis,
)
