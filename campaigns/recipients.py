"""Recipients of one campaign for people: found by batch, and as a file."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Count, Max, Min, QuerySet

from campaigns.models import Campaign, CampaignRecipient, SendBatch
from config.audit import Actor, record
from config.database import reports
from config.opaque import public_ids
from config.spreadsheet import harmless, lines

COLUMNS = (
    "phone", "status", "reason", "error_code", "parts", "credits", "charged", "sent_at", "final_at",
    "clicked_at",
)  # fmt: skip
# Batches whose recipients are in memory at once.
AT_ONCE = 4


def recipients_of(campaign: Campaign) -> "QuerySet[CampaignRecipient]":
    """All of them. Their batches' ids bound the walk: by the campaign's own index the order would have to be sorted."""
    ends = campaign.batches.aggregate(first=Min("pk"), last=Max("pk"))
    return CampaignRecipient.objects.filter(
        campaign_id=campaign.pk, batch_id__gte=ends["first"] or 0, batch_id__lte=ends["last"] or 0
    )


def counted(batches: Sequence[SendBatch]) -> list[SendBatch]:
    """The batches with `counts`: their recipients by status. Index: the recipients' batch, once for all."""
    rows = CampaignRecipient.objects.filter(batch_id__in=[batch.pk for batch in batches]).order_by()
    for batch in batches:
        batch.counts = {}  # type: ignore[attr-defined]
    by_id: dict[int, Any] = {batch.pk: batch for batch in batches}
    for batch_id, status, number in rows.values_list("batch_id", "status").annotate(Count("pk")):
        by_id[batch_id].counts[status] = number
    return list(batches)


def recipients_csv(campaign: Campaign, *, actor: Actor, status: str = "", reason: str = "") -> Iterator[str]:
    """The lines of the campaign's recipients in the order of their batches; it is audited.

    A few batches at a time: constant memory, and no transaction stays open. Phones are E.164, hence no formulas.
    """
    asked = {name: value for name, value in (("status", status), ("reason", reason)) if value}
    subject = f"campaign:{campaign.pk}"
    record("campaign.export", actor=actor, subject=subject, store_id=campaign.store_id, **asked)
    return lines(("recipient", "contact", *COLUMNS), _rows(campaign.pk, asked))


def _rows(campaign_id: int, asked: dict[str, str]) -> Iterator[list[Any]]:
    """Indexes: batch_campaign, then the recipients' batch."""
    last, alias = 0, reports()
    batches = SendBatch.objects.using(alias).filter(campaign_id=campaign_id).order_by("pk").values_list("pk", flat=True)
    while chunk := list(batches.filter(pk__gt=last)[:AT_ONCE]):
        last = chunk[-1]
        found = CampaignRecipient.objects.using(alias).filter(batch_id__in=chunk, **asked).order_by("batch_id", "pk")
        rows = list(found.values_list("pk", "contact_id", *COLUMNS))
        ids = public_ids([row[0] for row in rows], kind="rcp")
        contacts = public_ids([row[1] or 0 for row in rows], kind="con")
        for name, contact, (_, known, *cells) in zip(ids, contacts, rows, strict=True):
            yield [name, contact if known else "", *_cells(cells)]


def _cells(cells: list[Any]) -> list[Any]:
    phone, status, reason, code, parts, credits, charged, *moments = cells
    times = [moment.isoformat().replace("+00:00", "Z") if moment else "" for moment in moments]
    return [phone or "", status, reason, harmless(code), parts, credits, charged, *times]
