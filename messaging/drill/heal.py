"""The end of a drill: faults stop, everything is mended, and it is waited, with an end, until nothing is under way."""

import logging
import signal
import time
from collections.abc import Callable

import requests
from django.db import Error, connection
from django.db.models import Q
from django.utils import timezone

from campaigns.hold import close_orphans
from campaigns.models import Campaign, SendBatch
from campaigns.services import moves
from campaigns.states import BATCH_OPEN, CAMPAIGN_LIVE
from config.audit import SYSTEM
from config.progressbar import Bar
from config.redis import client
from messaging import unknown
from messaging.drill.house import PROCESSES
from messaging.drill.rig import Rig
from messaging.models import ProviderAccount, Receipt
from messaging.receipts import apply
from messaging.sending import spool
from messaging.sending.settle import settle

log = logging.getLogger(__name__)
PATIENCE = 120.0  # seconds
FASTER = 10


def heal(rig: Rig) -> None:
    """No fault is left: every process runs, the provider is well, paused campaigns go on, the limit is off."""
    house = rig.house
    for name in ("redis", *PROCESSES):
        house.signal(name, signal.SIGCONT)
    house.away.clear()
    client().config_set("maxmemory", "0")
    house.kill("beat2")
    for name in PROCESSES:
        house.disarm(name)
    rig.reactivate()
    account = ProviderAccount.objects.filter(pk=rig.seeded.account_id)
    rate = account.values_list("parts_per_second", flat=True).get()
    account.update(parts_per_second=rate * FASTER, updated_at=timezone.now())
    for campaign in Campaign.objects.filter(status="paused"):
        moves.resume(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)
    rig.provider.calm()


def drain(rig: Rig) -> float:
    """Wait until nothing is pending, claimed or called, and receipts are applied; then stop everybody but the servers.

    Returns the seconds until the sending ended.
    """
    started = time.monotonic()
    _wait(rig, "Draining", under_way)
    seconds = time.monotonic() - started
    rig.provider.flush()
    _wait(rig, "Receipts", lambda: rig.provider.pending() + receipts_waiting())
    rig.house.stop_processes()
    return seconds


def close_books() -> None:
    """Force the deadline: what is unknown now becomes unconfirmed, and the holds are closed.

    Before that, what workers spooled before they died is settled, and every receipt looked at.
    """
    for work in spool.waiting(limit=10_000, older_than_seconds=0):
        settle(work)
    Receipt.objects.filter(applied_at=None).update(next_try_at=timezone.now())
    apply.drain()
    unknown.give_up_overdue(limit=1_000_000, deadline_hours=0)
    close_orphans(limit=10_000)


def under_way() -> int:
    """Campaigns that are not at their end, and batches that are not."""
    live = Campaign.objects.filter(status__in=CAMPAIGN_LIVE).count()
    return live + SendBatch.objects.filter(state__in=BATCH_OPEN).count()


def receipts_waiting() -> int:
    """Receipts that nobody has looked at yet."""
    return Receipt.objects.filter(Q(applied_at=None), ~Q(outcome="unmatched")).count()


def _wait(rig: Rig, title: str, left: Callable[[], int]) -> None:
    """Until nothing is left, PATIENCE seconds at most; the audit says what remained."""
    ends = time.monotonic() + PATIENCE
    with Bar(title, total=0) as bar:
        while time.monotonic() < ends:
            rig.house.look_after()
            remaining = _asked(left)
            bar.total = max(bar.total, remaining)
            bar.show(bar.total - remaining)
            if not remaining:
                return
            time.sleep(0.3)


def _asked(left: Callable[[], int]) -> int:
    try:
        return left()
    except (Error, requests.RequestException):
        connection.close()
        return 1
