"""What the sweeps of sending do: calls that never came back, and work that nobody rings for."""

from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from campaigns.queries.claim import lock_poison, turns
from campaigns.queries.progress import count_moves
from campaigns.queries.settle import end_batch, move_pending
from campaigns.services.finish import finish
from config.queues import Queue, Task, ring, waiting
from config.sql import fetch_one
from messaging.models import Receipt


class LostCall(NamedTuple):
    """A batch whose call is too old to come back."""

    batch_id: int
    campaign_id: int


def give_up_calls(*, limit: int) -> dict[str, int]:
    """calling -> ambiguous where the call is older than SEND_CALL_STALE_SECONDS; its recipients become unknown.

    Never back to ready: nobody can say whether they were sent. A late settle of the same fence is still welcome.
    """
    counts = {"calls": 0, "unknown": 0}
    while counts["calls"] < limit:
        with transaction.atomic():
            lost = _take_lost_call()
            if lost is None:
                break
            moves = move_pending(batch_id=lost.batch_id, status="unknown", reason="")
            count_moves(campaign_id=lost.campaign_id, moves=moves)
            end_batch(
                batch_id=lost.batch_id,
                state="ambiguous",
                wait_seconds=0,
                refund_try=False,
                error_class="",
                error="the call never came back",
            )
        counts["calls"] += 1
        counts["unknown"] += sum(move.recipients for move in moves)
    return counts


def bury_poison(*, limit: int) -> dict[str, int]:
    """claimed -> dead where SEND_CLAIMS workers in a row went away with the batch before they marked it.

    Nothing of it was called since its last settle: its pending recipients fail as `exhausted`, and it is a dead letter.
    """
    counts = {"poison": 0, "failed": 0}
    campaigns = set()
    while counts["poison"] < limit:
        with transaction.atomic():
            poison = lock_poison(claims=settings.SEND_CLAIMS)
            if poison is None:
                break
            moves = move_pending(batch_id=poison.batch_id, status="failed", reason="exhausted")
            count_moves(campaign_id=poison.campaign_id, moves=moves)
            end_batch(
                batch_id=poison.batch_id,
                state="dead",
                wait_seconds=0,
                refund_try=False,
                error_class="exhausted",
                error=f"{settings.SEND_CLAIMS} workers in a row went away with it",
            )
        counts["poison"] += 1
        counts["failed"] += sum(move.recipients for move in moves)
        campaigns.add(poison.campaign_id)
    for campaign_id in campaigns:
        finish(campaign_id)
    return counts


def _take_lost_call() -> LostCall | None:
    """Lock one batch whose call is too old. SKIP LOCKED: a settle that is at it wins. Index: batch_open."""
    sql = """
        SELECT id, campaign_id
          FROM campaigns_sendbatch
         WHERE state = 'calling'
           AND called_at < clock_timestamp() - make_interval(secs => %(stale)s)
         ORDER BY called_at
         LIMIT 1
           FOR UPDATE SKIP LOCKED
    """
    return fetch_one(sql, {"stale": settings.SEND_CALL_STALE_SECONDS}, LostCall)


def ring_if_work() -> dict[str, int]:
    """Ring for batches and receipts that are due, unless enough rings are on their way. {send, receipts} rung."""
    counts = {"send": 0, "receipts": 0}
    if not settings.QUEUE_DISABLED and turns(limit=1):
        counts["send"] = _ring_up_to(settings.SEND_RINGS, Task.SEND_NEXT, Queue.SEND)
    if Receipt.objects.filter(applied_at=None, next_try_at__lte=Now()).exists():
        counts["receipts"] = _ring_up_to(2, Task.APPLY_RECEIPTS, Queue.RECEIPTS)
    return counts


def _ring_up_to(most: int, task: Task, queue: Queue) -> int:
    depth = waiting(queue)
    missing = max(most - depth, 0) if depth is not None else 0
    return missing if missing and ring(task, copies=missing) else 0
