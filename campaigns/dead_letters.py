"""Dead letters: batches that ran out of hand-overs and that nobody has requeued or discarded yet."""

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from campaigns.models import CampaignRecipient, SendBatch


def waiting(*, store_id: int | None = None) -> "QuerySet[SendBatch]":
    """The dead letters of a store, or of all, each with `failed`: how many recipients a requeue would take.

    Indexes: batch_dead, the recipients' batch.
    """
    failed = CampaignRecipient.objects.filter(batch_id=OuterRef("pk"), status="failed")
    number = failed.order_by().values("batch_id").annotate(number=Count("pk")).values("number")
    rows = SendBatch.objects.filter(state="dead", resolution="")
    if store_id is not None:
        rows = rows.filter(store_id=store_id)
    return rows.annotate(failed=Coalesce(Subquery(number, output_field=IntegerField()), 0))
