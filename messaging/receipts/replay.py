"""Looking at a receipt once more: what it was about may be known by now, or its meaning mended."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from config.audit import Actor, record
from config.problems import Conflict, NotFound
from config.queues import Task, enqueue
from messaging.models import Receipt

# What moved nothing yet; every other outcome counted, and evidence counts once.
WITHOUT_EFFECT = ("", "early", "unmatched", "anomaly", "unknown_word")


class Counted(Conflict):
    """This receipt counted already, or could never be read."""


def replay(*, receipt_id: int, actor: Actor, reason: str) -> None:
    """Have a receipt without effect judged again now, with a fresh count of tries. Twice is once: a row is due or not.

    Raises NotFound, Counted.
    """
    with transaction.atomic():
        row = Receipt.objects.select_for_update(no_key=True).filter(pk=receipt_id).first()
        if row is None:
            raise NotFound
        if row.outcome not in WITHOUT_EFFECT:
            raise Counted
        make_due(Receipt.objects.filter(pk=row.pk))
        facts: dict[str, Any] = {"before": row.outcome or "waiting", "after": "due"}
        record("receipt.replay", actor=actor, subject=f"receipt:{row.pk}", reason=reason, **facts)


def make_due(rows: "QuerySet[Receipt]") -> None:
    """Have the drain judge these as if they had just come. In the caller's transaction."""
    rows.update(applied_at=None, next_try_at=Now(), tries=0)
    enqueue(Task.APPLY_RECEIPTS)
