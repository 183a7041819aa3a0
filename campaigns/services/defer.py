"""Putting recipients off: into batches of their own that are due later, one per moment."""

from collections.abc import Mapping
from datetime import datetime

from campaigns.models import SendBatch
from campaigns.queries.batches import move_to_batch


def defer(*, batch_id: int, later: Mapping[int, datetime]) -> None:
    """Move pending recipients out of a claimed batch, to be sent at their own moments (aware).

    One new batch per moment; it draws on the same hold and goes on with the count of attempts, so that no reference is
    used twice. Inside the caller's transaction, who holds the claim.
    """
    source = SendBatch.objects.get(pk=batch_id)
    for moment in sorted(set(later.values())):
        ids = sorted(recipient_id for recipient_id, due in later.items() if due == moment)
        batch = SendBatch.objects.create(
            store_id=source.store_id,
            campaign_id=source.campaign_id,
            reservation_id=source.reservation_id,
            run=source.run,
            size=len(ids),
            parts=0,
            ready_at=moment,
            attempt=source.attempt,
            spent=source.spent,
        )
        parts = move_to_batch(ids=ids, batch_id=batch.pk, status="pending")
        SendBatch.objects.filter(pk=batch.pk).update(parts=parts)
