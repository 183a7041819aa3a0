"""Progress of a campaign, read in constant time from its counters."""

from typing import Any, NamedTuple

from django.db.models import Count, F, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from billing.models import CreditReservation
from campaigns.models import Campaign, CampaignProgress, CampaignRecipient, ReasonCount, SendBatch
from config.problems import NotFound

STATUSES = ("pending", "sent", "delivered", "undelivered", "failed", "skipped", "unknown", "unconfirmed", "cancelled")


class Progress(NamedTuple):
    """Recipients by status; `audience` is their sum. `in_flight`: those of `pending` whose batch is at a worker.

    `expected`: recipients of the quote, of whom `audience` are written down so far. Credits are whole credits.
    """

    status: str
    reason: str
    expected: int
    prepared: bool
    audience: int
    counts: dict[str, int]
    in_flight: int
    failed_by_class: dict[str, int]
    skipped_by_reason: dict[str, int]
    undelivered_by_class: dict[str, int]
    parts_sent: int
    credits_held: int
    credits_charged: int
    percent: float
    version: int
    etag: str


def read(campaign_id: int) -> Progress:
    """The campaign's progress now. Five look-ups by key, whatever its size. Raises NotFound."""
    campaigns = Campaign.objects.select_related("progress", "snapshot", "quote").annotate(held=_held(campaign_id))
    campaign = campaigns.filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound
    row: CampaignProgress | None = getattr(campaign, "progress", None)
    counts = {status: int(getattr(row, status)) if row else 0 for status in STATUSES}
    audience = row.audience if row else 0
    snapshot = getattr(campaign, "snapshot", None)
    prepared = bool(snapshot and snapshot.done_at)
    expected = campaign.quote.recipients if campaign.quote else 0
    whole = audience if prepared else max(audience, expected)
    in_flight = _in_flight(campaign_id)
    version = row.version if row else 0
    return Progress(
        status=campaign.status,
        reason=campaign.reason,
        expected=expected,
        prepared=prepared,
        audience=audience,
        counts=counts,
        in_flight=in_flight,
        failed_by_class=_reasons(campaign_id, "failed"),
        skipped_by_reason=_reasons(campaign_id, "skipped"),
        undelivered_by_class=_reasons(campaign_id, "undelivered"),
        parts_sent=row.parts_sent if row else 0,
        credits_held=campaign.held,
        credits_charged=row.credits_charged if row else 0,
        percent=round(100 * (audience - counts["pending"]) / whole, 1) if whole else 0.0,
        version=version,
        etag=f'"{campaign_id}-{version}-{campaign.status}-{in_flight}"',
    )


def _in_flight(campaign_id: int) -> int:
    """Pending recipients of batches at a worker. Indexes: batch_campaign, the recipients' batch."""
    held = SendBatch.objects.filter(campaign_id=campaign_id, state__in=["claimed", "calling"])
    pending = CampaignRecipient.objects.filter(batch_id__in=held.values("pk"), status="pending")
    return pending.count()


def _held(campaign_id: int) -> Coalesce:
    """Credits in the open holds of all its runs, in the same query. Index: the reservations' key, by prefix."""
    holds = CreditReservation.objects.filter(key__startswith=f"campaign:{campaign_id}:", state="open")
    left = Sum(F("amount") - F("charged") - F("released"))
    return Coalesce(Subquery(holds.values("state").annotate(left=left).values("left")), 0)


def _reasons(campaign_id: int, status: str) -> dict[str, int]:
    rows = ReasonCount.objects.filter(campaign_id=campaign_id, status=status).exclude(count=0)
    return dict(rows.values_list("reason", "count"))


def recount(campaign_id: int) -> dict[str, Any]:
    """The counters as the rows say, for doctor and tests: this reads every recipient of the campaign."""
    rows = CampaignRecipient.objects.filter(campaign_id=campaign_id)
    return rows.aggregate(audience=Count("pk"), **{name: Count("pk", filter=Q(status=name)) for name in STATUSES})
