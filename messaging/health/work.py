"""What waits to be done, as the rows say. Every number here comes from a partial index of open work."""

from typing import Any, NamedTuple

from django.db.models import Count, ExpressionWrapper, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields import DurationField
from django.db.models.functions import Now

from campaigns.models import Campaign, SendBatch
from config.queues import Queue, waiting
from messaging.models import Receipt

SHOWN_STATES = ("ready", "claimed", "calling", "ambiguous", "dead")


def depths() -> dict[str, int | None]:
    """Rings that wait, by queue; None where the broker did not answer: it is asked no further, each costs a second."""
    found: dict[str, int | None] = {}
    for queue in Queue:
        found[queue.value] = None if None in found.values() else waiting(queue)
    return found


class Work(NamedTuple):
    """Batches by state, receipts that wait, and how long the oldest of each is due, in seconds (None: nothing is)."""

    batches: dict[str, int]
    oldest_batch: float | None
    receipts: int
    oldest_receipt: float | None


def work() -> Work:
    """What waits now: three statements."""
    receipts = Receipt.objects.filter(applied_at=None).aggregate(n=Count("pk"), age=_age(Min("received_at")))
    return Work(
        batches=batches_by_state(),
        oldest_batch=oldest_due_batch(),
        receipts=receipts["n"],
        oldest_receipt=_seconds(receipts["age"]),
    )


def batches_by_state() -> dict[str, int]:
    """How many batches are open or in trouble, by state; done and cancelled ones are not looked at.

    One branch per state, because each has a partial index of its own and IN would read the table.
    """
    first, *others = [_count(state) for state in SHOWN_STATES]
    return {**dict.fromkeys(SHOWN_STATES, 0), **dict(first.union(*others, all=True))}


def _count(state: str) -> "QuerySet[SendBatch, tuple[str, int]]":
    # A dead batch that was requeued or discarded is no trouble any more.
    rows = SendBatch.objects.filter(state=state, **({"resolution": ""} if state == "dead" else {}))
    return rows.values_list("state").annotate(n=Count("pk"))


def oldest_due_batch() -> float | None:
    """Seconds since the oldest batch that may be sent became due; None when none is.

    Batches of paused campaigns and of stopped stores wait for a person, not for a worker. Indexes: campaign_live,
    batch_ready.
    """
    ready = SendBatch.objects.filter(campaign_id=OuterRef("pk"), state="ready").order_by("ready_at", "pk")
    oldest = _sending().annotate(due=Subquery(ready.values("ready_at")[:1])).filter(due__lte=Now())
    return _seconds(oldest.aggregate(age=_age(Min("due")))["age"])


def _sending() -> QuerySet[Campaign]:
    return Campaign.objects.filter(status="sending", store__sending_stopped=False, store__status="active")


def _age(moment: F | Min) -> Any:
    return ExpressionWrapper(Now() - moment, output_field=DurationField())


def _seconds(age: object) -> float | None:
    return round(age.total_seconds(), 1) if hasattr(age, "total_seconds") else None


def unmatched_receipts() -> int:
    """Receipts that nobody could be found for and that are tried again. Index: receipt_waiting."""
    return Receipt.objects.filter(Q(tries__gt=0), applied_at=None).count()
