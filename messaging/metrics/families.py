"""The metrics: each part asks one thing and makes its families of the answer. Labels are names of ours, of processes
and of provider accounts; never a store, a campaign or a person.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count
from prometheus_client.core import GaugeMetricFamily

from campaigns.states import CAMPAIGN_LIVE, PRIORITIES
from config.heartbeats import fingerprint, processes
from config.queues import Queue
from config.strangers import strangers
from config.version import VERSION
from messaging.health.sweeps import sweeps
from messaging.health.work import batches_by_state, depths, unmatched_receipts
from messaging.metrics import queries
from messaging.models import Alert, AlertNotice, ProviderAccount
from messaging.sending import spool
from messaging.watchdog.troubles import Trouble

PREFIX = "heliograph_"
ACCOUNTS = 200  # provider accounts that are told one by one
PROCESSES = 200
Families = Iterable[GaugeMetricFamily]


class Part(NamedTuple):
    """A function that makes families, and whether it asks the database."""

    ask: Callable[[], Families]
    database: bool = True


def gauge(name: str, words: str, value: float | None) -> GaugeMetricFamily:
    """A number without labels; None leaves it out."""
    family = GaugeMetricFamily(PREFIX + name, words)
    if value is not None:
        family.add_metric([], value)
    return family


def by(name: str, words: str, label: str, values: Mapping[str, float | None]) -> GaugeMetricFamily:
    """A number for each value of one label; None leaves a line out."""
    family = GaugeMetricFamily(PREFIX + name, words, labels=[label])
    for key, value in values.items():
        if value is not None:
            family.add_metric([key], value)
    return family


def installation() -> Families:
    """What runs here, and what it talks to."""
    family = GaugeMetricFamily(
        f"{PREFIX}info", "1; the version and the fingerprint of database and broker.", labels=["version", "fingerprint"]
    )
    family.add_metric([VERSION, fingerprint()], 1)
    switched_off = gauge("sending_disabled", "1 while QUEUE_DISABLED stops all sending.", settings.QUEUE_DISABLED)
    return [family, switched_off]


def rings() -> Families:
    """What the broker says."""
    yield by("rings_waiting", "Rings that wait at the broker, by queue; missing while it is away.", "queue", depths())


def batches() -> Families:
    """The queue of sending."""
    due = {row.priority: row for row in queries.due_by_priority()}
    names = {name: due.get(number) for name, number in PRIORITIES.items()}
    yield by("batches", "Batches that are open or in trouble, by state.", "state", dict(batches_by_state()))
    yield by(
        "batches_due",
        "Batches that may be sent now, by priority.",
        "priority",
        {name: row.batches if row else 0 for name, row in names.items()},
    )
    yield by(
        "batches_oldest_due_seconds",
        "For how long the oldest batch that may be sent has been due, by priority; 0: none is.",
        "priority",
        {name: (row.oldest or 0) if row else 0 for name, row in names.items()},
    )


def campaigns() -> Families:
    """Campaigns that are not at rest."""
    known = dict.fromkeys((*CAMPAIGN_LIVE, "scheduled"), 0) | dict(queries.open_campaigns())
    yield by("campaigns", "Campaigns that are live or planned, by status.", "status", dict(known))
    words = "Recipients whose outcome nobody knows."
    yield gauge("recipients_unknown", words, queries.unknown_recipients())


def messages() -> Families:
    """What providers said in the last minute, by account."""
    names = dict(ProviderAccount.objects.order_by("pk").values_list("pk", "name")[:ACCOUNTS])
    family = GaugeMetricFamily(
        f"{PREFIX}messages_last_minute",
        "Lines of the message log of the last 60 s: hand-overs (accepted, refused, unsure) and receipts.",
        labels=["account", "kind", "outcome", "again"],
    )
    sums: Counter[tuple[str, str, str, str]] = Counter()
    for row in queries.said_lately():
        account = names.get(row.account_id or 0, "other")
        sums[account, row.kind, row.outcome, "yes" if row.again else "no"] += row.number
    for labels, number in sorted(sums.items()):
        family.add_metric(labels, number)
    yield family


def accounts() -> Families:
    """Provider accounts: whether they may send, and how calls over them go."""
    rows = list(ProviderAccount.objects.select_related("health").order_by("pk")[:ACCOUNTS])
    health = {row.name: getattr(row, "health", None) for row in rows}
    active: dict[str, float | None] = {row.name: row.status == "active" for row in rows}
    away: dict[str, float | None] = {name: bool(found and found.away_until) for name, found in health.items()}
    faults: dict[str, float | None] = {name: found.faults if found else 0 for name, found in health.items()}
    yield by("account_active", "1 while the provider account may send.", "account", active)
    yield by("account_away", "1 while other accounts go first.", "account", away)
    yield by("account_faults", "Calls over the account that failed in a row.", "account", faults)


def inboxes() -> Families:
    """What came from outside and is not acted on; what is to go outside."""
    receipts, texts, hooks = queries.receipts_waiting(), queries.texts_waiting(), queries.webhooks_waiting()
    waiting = {"receipts": receipts, "texts": texts, "webhooks": hooks}
    numbers: dict[str, float | None] = {name: found.number for name, found in waiting.items()}
    ages: dict[str, float | None] = {name: found.oldest or 0 for name, found in waiting.items()}
    yield by("waiting", "Receipts, texts and webhooks that wait.", "what", numbers)
    yield by("waiting_oldest_seconds", "For how long the oldest of them has been due; 0: none is.", "what", ages)
    yield gauge("receipts_unmatched", "Receipts that fit no message, and are tried again.", unmatched_receipts())


def holds() -> Families:
    """Credits that live campaigns hold."""
    found = queries.open_holds()
    yield gauge("holds_open", "Open holds.", found.number)
    yield gauge("holds_credits", "Credits in open holds.", found.credits)
    yield gauge("holds_oldest_seconds", "Age of the oldest open hold.", found.oldest or 0)


def hearts() -> Families:
    """Processes that beat, and the queues that they serve."""
    seen = processes()
    age = GaugeMetricFamily(f"{PREFIX}heartbeat_age_seconds", "Since a process last beat.", labels=["process", "kind"])
    for process in seen[:PROCESSES]:
        age.add_metric([process.name, process.kind], process.age)
    alive = [process for process in seen if process.alive]
    kinds = dict.fromkeys(("worker", "beat", "stream", "web"), 0)
    for process in alive:
        kinds[process.kind] = kinds.get(process.kind, 0) + 1
    workers: dict[str, float | None] = {queue: sum(queue in one.queues for one in alive) for queue in Queue}
    yield age
    yield by("processes_alive", "Processes that beat within 30 s, by kind.", "kind", dict(kinds))
    yield by("workers_alive", "Workers that beat within 30 s, by the queue they serve.", "queue", workers)
    yield gauge(
        "processes_strange", "Processes that talk to another broker or database than this one.", len(strangers(seen))
    )


def runs() -> Families:
    """The sweeps."""
    found = sweeps(since=None)
    ages: dict[str, float | None] = {one.name: one.since_success for one in found}
    failed: dict[str, float | None] = {one.name: bool(one.error) for one in found}
    every: dict[str, float | None] = {one.name: one.every for one in found}
    yield by("sweep_success_age_seconds", "Since a sweep last ran well; missing until it did.", "sweep", ages)
    yield by("sweep_failed", "1 when the last run of a sweep ended with an error.", "sweep", failed)
    yield by("sweep_interval_seconds", "How often a sweep is to run.", "sweep", every)


def alerts() -> Families:
    """The watchdog's findings, and whether they reached anybody."""
    rows = Alert.objects.filter(closed_at=None).order_by().values_list("name").annotate(Count("pk"))
    known: dict[str, float | None] = {**{trouble.value: 0 for trouble in Trouble}, **dict(rows)}
    untold = AlertNotice.objects.filter(sent_at=None, given_up_at=None).count()
    yield by("alerts_open", "Open alerts, by name.", "alert", known)
    yield gauge("alert_notices_waiting", "Notices of alerts that no channel has taken yet.", untold)


def disk() -> Families:
    """This machine's spool."""
    yield gauge("spool_files", "Outcomes on this machine's disk that the database did not take yet.", spool.size())
    yield gauge("spool_free_bytes", "Free space where outcomes are spooled.", shutil.disk_usage(spool.folder()).free)


PARTS: dict[str, Part] = {
    "installation": Part(installation, database=False),
    "rings": Part(rings, database=False),
    "spool": Part(disk, database=False),
    "batches": Part(batches),
    "campaigns": Part(campaigns),
    "messages": Part(messages),
    "accounts": Part(accounts),
    "inboxes": Part(inboxes),
    "holds": Part(holds),
    "hearts": Part(hearts),
    "sweeps": Part(runs),
    "alerts": Part(alerts),
}
