"""Receipts that were given up are looked at again: after a provider's account was mended, or rows came back."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from config.audit import Actor, record
from messaging.models import Receipt
from messaging.receipts.replay import make_due

CHUNK = 1000


def given_up(*, account_id: int | None, since: datetime) -> "QuerySet[Receipt]":
    """Receipts that came since then and fit no message: those given up after 72 hours and those that wait for a try.

    By primary key: `received_at` has no index, but ids grow with it; see `first_since`.
    """
    rows = Receipt.objects.filter(outcome="unmatched", pk__gte=first_since(since))
    return rows if account_id is None else rows.filter(account_id=account_id)


def first_since(since: datetime) -> int:
    """The first id that may have come at `since` or later: a search by halves over the primary key."""
    low = Receipt.objects.order_by("pk").values_list("pk", flat=True).first() or 0
    high = (Receipt.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        row = Receipt.objects.filter(pk__gte=middle).order_by("pk").values_list("pk", "received_at").first()
        if row is None or row[1] >= since:
            high = middle
        else:
            low = row[0] + 1
    return low


def replay(*, account_id: int | None, since: datetime, after: int, actor: Actor, reason: str) -> tuple[int, int]:
    """Make up to CHUNK of them due at once: (how many, the last id). Repeating it does no harm: nothing counts twice.

    The drain judges them as any other; what still fits nothing waits for its next try as before.
    """
    with transaction.atomic():
        rows = given_up(account_id=account_id, since=since).filter(pk__gt=after).order_by("pk")
        keys = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True)[:CHUNK])
        if not keys:
            return 0, after
        make_due(Receipt.objects.filter(pk__in=keys))
        subject = f"receipts:{keys[0]}-{keys[-1]}"
        record("receipts.replay", actor=actor, subject=subject, reason=reason, receipts=len(keys))
    return len(keys), keys[-1]
