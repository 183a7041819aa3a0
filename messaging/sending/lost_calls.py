"""What the sweeps of sending do: calls that never came back, and work that nobody rings for."""

from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from campaigns.queries.claim import Left, lock_lost_call, lock_poison, turns
from campaigns.queries.progress import count_moves
from campaigns.queries.settle import end_batch, move_pending
from campaigns.services.finish import finish
from config.queues import Queue, Task, ring, waiting
from messaging.inbound.waiting import inbound_waits
from messaging.models import Receipt


class Fate(NamedTuple):
    """What becomes of a batch that its worker left, and of its pending recipients."""

    state: str
    status: str
    reason: str
    error: str


def give_up_calls(*, limit: int) -> dict[str, int]:
    """calling -> ambiguous where the call is older than SEND_CALL_STALE_SECONDS; its recipients become unknown.

    Never back to ready: nobody can say whether they were sent. A late settle of the same fence is still welcome.
    """
    stale = settings.SEND_CALL_STALE_SECONDS
    fate = Fate("ambiguous", "unknown", "", "the call never came back")
    ended = _end_all(lambda: lock_lost_call(stale_seconds=stale), fate, limit=limit)
    return {"calls": len(ended), "unknown": sum(recipients for _, recipients in ended)}


def bury_poison(*, limit: int) -> dict[str, int]:
    """claimed -> dead where SEND_CLAIMS workers in a row went away with the batch before they marked it.

    Nothing of it was called since its last settle: its pending recipients fail as `exhausted`, and it is a dead letter.
    """
    fate = Fate("dead", "failed", "exhausted", f"{settings.SEND_CLAIMS} workers in a row went away with it")
    ended = _end_all(lambda: lock_poison(claims=settings.SEND_CLAIMS), fate, limit=limit)
    for campaign_id in {campaign_id for campaign_id, _ in ended}:
        finish(campaign_id)
    return {"poison": len(ended), "failed": sum(recipients for _, recipients in ended)}


def _end_all(lock: Callable[[], Left | None], fate: Fate, *, limit: int) -> list[tuple[int, int]]:
    """End up to `limit` batches, each in a transaction of its own; (campaign, recipients) of each."""
    ended: list[tuple[int, int]] = []
    while len(ended) < limit:
        with transaction.atomic():
            left = lock()
            if left is None:
                break
            moves = move_pending(batch_id=left.batch_id, status=fate.status, reason=fate.reason)
            count_moves(campaign_id=left.campaign_id, moves=moves)
            end_batch(
                batch_id=left.batch_id,
                state=fate.state,
                wait_seconds=0,
                refund_try=False,
                error_class=fate.reason,
                error=fate.error,
            )
        ended.append((left.campaign_id, sum(move.recipients for move in moves)))
    return ended


def ring_if_work() -> dict[str, int]:
    """Ring for batches, receipts and texts that are due, unless enough rings are on their way. How many, by kind."""
    counts = {"send": 0, "receipts": 0, "inbound": 0}
    if not settings.QUEUE_DISABLED and turns(limit=1):
        counts["send"] = _ring_up_to(settings.SEND_RINGS, Task.SEND_NEXT, Queue.SEND)
    if Receipt.objects.filter(applied_at=None, next_try_at__lte=Now()).exists():
        counts["receipts"] = _ring_up_to(2, Task.APPLY_RECEIPTS, Queue.RECEIPTS)
    if inbound_waits():
        counts["inbound"] = _ring_up_to(2, Task.APPLY_INBOUND, Queue.RECEIPTS)
    return counts


def _ring_up_to(most: int, task: Task, queue: Queue) -> int:
    depth = waiting(queue)
    missing = max(most - depth, 0) if depth is not None else 0
    return missing if missing and ring(task, copies=missing) else 0
