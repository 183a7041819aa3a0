"""Progress of a campaign, read in constant time from its counters."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from billing.models import CreditReservation
from campaigns.models import Campaign, CampaignEvent, CampaignProgress, CampaignRecipient, ReasonCount, SendBatch
from campaigns.states import CAMPAIGN_LIVE
from config.problems import NotFound

STATUSES = ("pending", "sent", "delivered", "undelivered", "failed", "skipped", "unknown", "unconfirmed", "cancelled")
STOPPED = ("paused", "cancelled")
_seen: ContextVar[dict[int, "Progress"] | None] = ContextVar("progress_seen", default=None)


class Preparation(NamedTuple):
    """How far the audience is written down as recipients. `expected`: recipients of the quote."""

    written: int
    expected: int
    percent: float
    done_at: datetime | None


class Drain(NamedTuple):
    """What a pause or a cancel has to wait for: batches that were at a worker. `drained_at`: None while they are."""

    in_flight: int
    drained_at: datetime | None
    text: str


class Progress(NamedTuple):
    """Recipients by status; `audience` is their sum. `in_flight`: those of `pending` whose batch is at a worker.

    `expected`: recipients of the quote, of whom `audience` are written down so far. Credits are whole credits.
    """

    status: str
    reason: str
    expected: int
    prepared: bool
    preparation: Preparation
    audience: int
    counts: dict[str, int]
    in_flight: int
    waiting: int
    failed_by_class: dict[str, int]
    skipped_by_reason: dict[str, int]
    undelivered_by_class: dict[str, int]
    parts_expected: int
    parts_sent: int
    credits_held: int
    credits_charged: int
    percent: float
    drain: Drain | None
    first_sent_at: datetime | None
    last_sent_at: datetime | None
    version: int
    etag: str
    by_local_clock: bool = False
    clicks: int = 0
    human_clicks: int = 0
    clickers: int = 0


@contextmanager
def at_one_moment() -> Iterator[None]:
    """Within it each campaign's progress is read once: what is put together from several answers fits together."""
    token = _seen.set({})
    try:
        yield
    finally:
        _seen.reset(token)


def read(campaign_id: int) -> Progress:
    """The campaign's progress now. Three look-ups by key, whatever its size; four when stopped. Raises NotFound."""
    seen = _seen.get()
    if seen is None:
        return _read(campaign_id)
    if campaign_id not in seen:
        seen[campaign_id] = _read(campaign_id)
    return seen[campaign_id]


def _read(campaign_id: int) -> Progress:
    campaign = _campaign(campaign_id)
    row: CampaignProgress = getattr(campaign, "progress", None) or CampaignProgress()
    counts = {status: int(getattr(row, status)) for status in STATUSES}
    preparation = _preparation(campaign, row.audience)
    prepared = preparation.done_at is not None
    whole = row.audience if prepared else max(row.audience, preparation.expected)
    # Read a moment after the counters: never more than are pending there, so that the sum holds.
    in_flight = min(_in_flight(campaign_id), counts["pending"])
    reasons = _reasons(campaign_id)
    return Progress(
        status=campaign.status,
        reason=campaign.reason,
        expected=preparation.expected,
        prepared=prepared,
        preparation=preparation,
        audience=row.audience,
        counts=counts,
        in_flight=in_flight,
        waiting=counts["pending"] - in_flight,
        failed_by_class=reasons.get("failed", {}),
        skipped_by_reason=reasons.get("skipped", {}),
        undelivered_by_class=reasons.get("undelivered", {}),
        parts_expected=campaign.quote.parts if campaign.quote else 0,
        parts_sent=row.parts_sent,
        credits_held=campaign.held,  # type: ignore[attr-defined]
        credits_charged=row.credits_charged,
        percent=round(100 * (row.audience - counts["pending"]) / whole, 1) if whole else 0.0,
        drain=_drain(campaign, row, in_flight) if campaign.status in STOPPED else None,
        first_sent_at=row.first_sent_at,
        last_sent_at=row.last_sent_at,
        version=row.version,
        etag=f'"{campaign_id}-{row.version}-{campaign.status}-{in_flight}"',
        by_local_clock=bool(campaign.local_at),
        clicks=row.clicks,
        human_clicks=row.human_clicks,
        clickers=row.clickers,
    )


def _campaign(campaign_id: int) -> Campaign:
    rows = Campaign.objects.select_related("progress", "snapshot", "quote", "store")
    campaign = rows.annotate(held=_held(campaign_id)).filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound
    return campaign


def _preparation(campaign: Campaign, written: int) -> Preparation:
    snapshot = getattr(campaign, "snapshot", None)
    expected = campaign.quote.recipients if campaign.quote else 0
    done_at = snapshot.done_at if snapshot else None
    percent = 100.0 if done_at else round(min(100 * written / expected, 99.9), 1) if expected else 0.0
    return Preparation(written, expected, percent, done_at)


def _drain(campaign: Campaign, row: CampaignProgress, in_flight: int) -> Drain | None:
    """None for what was never sent. Index: campaignevent_campaign, from its end."""
    if row.audience == 0:
        return None
    if in_flight:
        return Drain(in_flight, None, f"{in_flight} in flight")
    stops = CampaignEvent.objects.filter(campaign_id=campaign.pk, after=campaign.status).order_by("-pk")
    stopped_at = stops.values_list("created_at", flat=True).first()
    known = [moment for moment in (stopped_at, row.settled_at) if moment]
    if not known:
        return Drain(0, None, "Drained")
    local = max(known).astimezone(ZoneInfo(campaign.store.time_zone))
    return Drain(0, max(known), f"Drained at {local:%H:%M:%S}")


def _in_flight(campaign_id: int) -> int:
    """Pending recipients of batches at a worker: a few batches, however many there are. Indexes: batch_open, batch."""
    held = SendBatch.objects.filter(campaign_id=campaign_id, state__in=["claimed", "calling"])
    pending = CampaignRecipient.objects.filter(batch_id__in=held.values("pk"), status="pending")
    return pending.count()


def _held(campaign_id: int) -> Coalesce:
    """Credits in the open holds of all its runs, in the same query. Index: the reservations' key, by prefix."""
    holds = CreditReservation.objects.filter(key__startswith=f"campaign:{campaign_id}:", state="open")
    left = Sum(F("amount") - F("charged") - F("released"))
    return Coalesce(Subquery(holds.values("state").annotate(left=left).values("left")), 0)


def _reasons(campaign_id: int) -> dict[str, dict[str, int]]:
    rows = ReasonCount.objects.filter(campaign_id=campaign_id).exclude(count=0).order_by("-count", "reason")
    found: dict[str, dict[str, int]] = {}
    for status, reason, count in rows.values_list("status", "reason", "count"):
        found.setdefault(status, {})[reason] = count
    return found


def live(progress: Progress) -> bool:
    """Whether it is sending or paused."""
    return progress.status in CAMPAIGN_LIVE


def recount(campaign_id: int) -> dict[str, Any]:
    """The counters as the rows say, for doctor and tests: this reads every recipient of the campaign."""
    rows = CampaignRecipient.objects.filter(campaign_id=campaign_id)
    return rows.aggregate(audience=Count("pk"), **{name: Count("pk", filter=Q(status=name)) for name in STATUSES})
