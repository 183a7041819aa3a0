"""The road of a batch. Called by a ring that carries nothing: what to send is found in the database."""

import logging
import os
import socket
import threading
import time

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from campaigns.queries.claim import give_back, mark_calling, soonest_ready
from campaigns.services.defer import set_apart
from campaigns.services.finish import finish
from config.failpoints import reach
from config.logging import bound_contextvars
from config.queues import Task, ring
from messaging.accounts import Carrier, carrier_for
from messaging.routes import health
from messaging.routes.history import tell
from messaging.sending import breaker, limits
from messaging.sending.backoff import delay
from messaging.sending.call import hand_over
from messaging.sending.claim import Work, claim
from messaging.sending.keep import keep_trying, replay
from messaging.sending.settle import Settlement
from messaging.sending.unmark import unmark
from providers.http import Connection
from providers.interface import ProviderDown

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
# A batch that cannot leave at all (no account, provider not reachable) is looked at again after this.
NO_ROUTE_SECONDS = 30.0

# Set when the worker is asked to stop: the batch in flight is finished, nothing new is claimed.
stopping = threading.Event()


def send_next() -> dict[str, int]:
    """Send batches until nothing is due, the slice is over (then ring again) or the worker stops.

    Returns {batches, accepted, refused, unsure, again} of this slice.
    """
    counts = {"batches": 0, "accepted": 0, "refused": 0, "unsure": 0, "again": 0}
    ends = time.monotonic() + settings.SEND_SLICE_SECONDS
    replay(limit=20)  # the spool is this machine's: the sweep may run on another one
    while not stopping.is_set() and not settings.QUEUE_DISABLED:
        if time.monotonic() >= ends:
            ring(Task.SEND_NEXT)
            break
        sent = send_batch()
        if sent is None:
            if not _wait_for_next(ends):
                break
            continue
        counts["batches"] += 1
        for name, number in sent.items():
            counts[name] += number
    return counts


def _wait_for_next(ends: float) -> bool:
    """Nothing is due now: wait for what is due in a moment, because we are slowed. False when there is none."""
    seconds = soonest_ready()
    if seconds is None or seconds > settings.LIMIT_WAIT_SECONDS or time.monotonic() + seconds > ends:
        return False
    return not stopping.wait(max(seconds, 0.05))


def send_batch() -> dict[str, int] | None:
    """One batch from claim to finish. None when nothing is due; otherwise what became of its recipients."""
    work = claim(owner())
    if work is None:
        return None
    batch = work.batch
    with bound_contextvars(batch_id=batch.batch_id, campaign_id=batch.campaign_id, store_id=batch.store_id):
        counts = _send(work) if work.people else {}
        finish(batch.campaign_id)
    return counts


def owner() -> str:
    """Who holds a claim: host, process and thread, for people who look."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident() % 100_000}"


def _send(work: Work) -> dict[str, int]:
    batch = work.batch
    carrier = carrier_for(store_id=batch.store_id, country=batch.country, batch_id=batch.batch_id)
    if carrier is None:
        return _return(work, seconds=NO_ROUTE_SECONDS, error="no provider account may send at the moment")
    if _is_anothers(work, carrier):
        return {"again": len(work.people)}
    wait = _limit(work, carrier)
    if wait > settings.LIMIT_WAIT_SECONDS:
        return _return(work, seconds=wait, error="")
    if wait and stopping.wait(wait):
        return _return(work, seconds=0, error="")
    try:
        connection = carrier.provider.connect(CONNECT_SECONDS)
    except ProviderDown as down:
        health.failed(carrier.account, reason=f"not reachable: {down}", probe=carrier.choice.probe)
        return _return(work, seconds=delay(1), error=f"provider not reachable: {down}")
    attempt = mark(work, carrier)
    if attempt is None:  # paused, cancelled, or the lease ran out: whoever may have it now decides
        return _return(work, seconds=0, error="")
    return _call_and_settle(work, carrier, connection, attempt)


def _is_anothers(work: Work, carrier: Carrier) -> bool:
    """Whether another account took some of the batch already: it stays that one's, and the rest is a new batch."""
    before = work.batch.account_id
    if before is None or before == carrier.account.pk:
        return False
    return set_apart(batch_id=work.batch.batch_id, fence=work.batch.fence)


def _limit(work: Work, carrier: Carrier) -> float:
    """Seconds until the batch's parts fit into the account's and the store's rate."""
    lane = limits.Lane(
        account_id=carrier.account.pk,
        account_rate=carrier.account.parts_per_second,
        store_id=work.batch.store_id,
        store_rate=settings.LIMIT_STORE_RATE,
    )
    parts = sum(person.parts for person in work.people)
    return limits.take(lane, parts=parts, longest_wait=settings.LIMIT_WAIT_SECONDS)


def mark(work: Work, carrier: Carrier) -> int | None:
    """The calling mark, committed before a byte leaves: this hand-over's number, or None: it must not be called."""
    batch = work.batch
    try:
        with transaction.atomic(durable=True):
            attempt = mark_calling(batch_id=batch.batch_id, fence=batch.fence, account_id=carrier.account.pk)
            reach("mark.before_commit")
    except (OperationalError, InterfaceError):
        # Nobody knows whether that was committed. Nothing was called, and only we could have.
        log.warning("mark_not_confirmed", extra={"batch_id": batch.batch_id}, exc_info=True)
        unmark(batch_id=batch.batch_id, fence=batch.fence)
        return None
    reach("mark.committed")
    return attempt


def _call_and_settle(work: Work, carrier: Carrier, connection: Connection, attempt: int) -> dict[str, int]:
    batch = work.batch
    reach("call.connected")
    handed = hand_over(
        carrier.provider,
        connection,
        work.people,
        sender=work.sender,
        attempt=attempt,
        max_batch=carrier.account.max_batch,
        deadline_seconds=settings.SEND_CALL_SECONDS,
    )
    reach("call.answered")
    settlement = Settlement(
        batch_id=batch.batch_id,
        fence=batch.fence,
        attempt=attempt,
        spent=batch.spent + 1,
        campaign_id=batch.campaign_id,
        store_id=batch.store_id,
        reservation_id=batch.reservation_id,
        account_id=carrier.account.pk,
        campaign_name=work.campaign_name,
        recipient_ids=[person.recipient_id for person in work.people],
        texts=[person.text for person in work.people],
        outcomes=handed.outcomes,
        retry_after=handed.retry_after,
        not_sent=handed.not_sent,
        note=handed.note,
    )
    counts = keep_trying(settlement)
    # Not before: all of these need the database, and the outcomes were not safe yet.
    breaker.listen(carrier.account, handed)
    health.listen(
        carrier.account, fault=health.fault_of(handed), faults=carrier.choice.faults, probe=carrier.choice.probe
    )
    tell(work, carrier.choice)
    log.info("batch_settled", extra={"batch_id": batch.batch_id, "attempt": attempt, **counts})
    return counts


def _return(work: Work, *, seconds: float, error: str) -> dict[str, int]:
    give_back(batch_id=work.batch.batch_id, fence=work.batch.fence, seconds=seconds, error=error)
    if error:
        log.warning("batch_not_sent", extra={"batch_id": work.batch.batch_id, "reason": error})
    return {"again": len(work.people)}
