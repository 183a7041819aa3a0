"""Taking pending recipients out of a batch: for a later moment, or because another account goes on with them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from campaigns.models import CampaignRecipient, SendBatch
from campaigns.queries.batches import move_to_batch
from campaigns.queries.settle import has_unknown
from campaigns.states import BATCH

NEVER_LEFT = ("pending", "skipped", "cancelled")


def defer(*, batch_id: int, later: Mapping[int, datetime]) -> None:
    """Move pending recipients out of a claimed batch, to be sent at their own moments (aware).

    One new batch per moment. Inside the caller's transaction, who holds the claim.
    """
    source = SendBatch.objects.get(pk=batch_id)
    for moment in sorted(set(later.values())):
        _split(source, sorted(recipient_id for recipient_id, due in later.items() if due == moment), ready_at=moment)


def set_apart(*, batch_id: int, fence: int) -> bool:
    """Leave those whom an account took, or may have taken, in their claimed batch; the pending ones get a new one.

    So a batch stays with the account that must give the receipts about it. False, and nothing changed, when nobody of
    it left the house, or this fence no longer holds the claim. A transaction of its own.
    """
    with transaction.atomic(durable=True):
        held = SendBatch.objects.select_for_update().filter(pk=batch_id, fence=fence, state="claimed")
        source = held.first()
        there = CampaignRecipient.objects.filter(batch_id=batch_id)
        if source is None or not there.exclude(status__in=NEVER_LEFT).exists():
            return False
        ids = list(there.filter(status="pending").order_by("pk").values_list("pk", flat=True))
        if ids:
            _split(source, ids, ready_at=timezone.now())
        BATCH.move(held, "leave_unknown" if has_unknown(batch_id) else "empty")
    return True


def _split(source: SendBatch, ids: Sequence[int], *, ready_at: datetime) -> None:
    """A new batch of these pending ones.

    It draws on the same hold and goes on with the count of attempts, so that no reference is used twice.
    """
    batch = SendBatch.objects.create(
        store_id=source.store_id,
        campaign_id=source.campaign_id,
        reservation_id=source.reservation_id,
        run=source.run,
        size=len(ids),
        parts=0,
        ready_at=ready_at,
        country=source.country,
        attempt=source.attempt,
        spent=source.spent,
    )
    parts = move_to_batch(ids=ids, batch_id=batch.pk, status="pending")
    SendBatch.objects.filter(pk=batch.pk).update(parts=parts)
