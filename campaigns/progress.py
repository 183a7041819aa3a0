"""Progress of a campaign, read in constant time from its counters."""

from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from campaigns.models import CampaignEvent, CampaignRecipient
from campaigns.queries.counters import Counters, counters
from campaigns.states import CAMPAIGN_LIVE
from config.moment import once
from config.problems import NotFound

STATUSES = ("pending", "sent", "delivered", "undelivered", "failed", "skipped", "unknown", "unconfirmed", "cancelled")
STOPPED = ("paused", "cancelled")


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
    `retried`: failed ones that were tried again, each time; `retry_sent`: of those the accepted ones.
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
    retried: int = 0
    retry_sent: int = 0


def read(campaign_id: int) -> Progress:
    """The campaign's progress now. One statement, whatever its size; two when stopped. Raises NotFound."""
    return once(("progress", campaign_id), lambda: _read(campaign_id))


def _read(campaign_id: int) -> Progress:
    row = counters(campaign_id)
    if row is None:
        raise NotFound
    counts = {status: int(getattr(row, status)) for status in STATUSES}
    preparation = _preparation(row)
    prepared = row.prepared_at is not None
    whole = row.audience if prepared else max(row.audience, row.expected)
    reasons = _reasons(row)
    return Progress(
        status=row.status,
        reason=row.reason,
        expected=row.expected,
        prepared=prepared,
        preparation=preparation,
        audience=row.audience,
        counts=counts,
        in_flight=row.in_flight,
        waiting=row.pending - row.in_flight,
        failed_by_class=reasons.get("failed", {}),
        skipped_by_reason=reasons.get("skipped", {}),
        undelivered_by_class=reasons.get("undelivered", {}),
        parts_expected=row.parts_expected,
        parts_sent=row.parts_sent,
        credits_held=row.held,
        credits_charged=row.credits_charged,
        percent=round(100 * (row.audience - row.pending) / whole, 1) if whole else 0.0,
        drain=_drain(campaign_id, row) if row.status in STOPPED else None,
        first_sent_at=row.first_sent_at,
        last_sent_at=row.last_sent_at,
        version=row.version,
        etag=f'"{campaign_id}-{row.version}-{row.status}-{row.in_flight}"',
        by_local_clock=row.by_local_clock,
        clicks=row.clicks,
        human_clicks=row.human_clicks,
        clickers=row.clickers,
        retried=row.retried,
        retry_sent=row.retry_sent,
    )


def _preparation(row: Counters) -> Preparation:
    if row.prepared_at:
        percent = 100.0
    else:
        percent = round(min(100 * row.audience / row.expected, 99.9), 1) if row.expected else 0.0
    return Preparation(row.audience, row.expected, percent, row.prepared_at)


def _drain(campaign_id: int, row: Counters) -> Drain | None:
    """None for what was never sent. Index: campaignevent_campaign, from its end."""
    if row.audience == 0:
        return None
    if row.in_flight:
        return Drain(row.in_flight, None, f"{row.in_flight} in flight")
    stops = CampaignEvent.objects.filter(campaign_id=campaign_id, after=row.status).order_by("-pk")
    stopped_at = stops.values_list("created_at", flat=True).first()
    known = [moment for moment in (stopped_at, row.settled_at) if moment]
    if not known:
        return Drain(0, None, "Drained")
    local = max(known).astimezone(ZoneInfo(row.time_zone))
    return Drain(0, max(known), f"Drained at {local:%H:%M:%S}")


def _reasons(row: Counters) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for status, reason, count in row.reasons:
        found.setdefault(status, {})[reason] = count
    return found


def live(progress: Progress) -> bool:
    """Whether it is sending or paused."""
    return progress.status in CAMPAIGN_LIVE


def recount(campaign_id: int) -> dict[str, Any]:
    """The counters as the rows say, for doctor and tests: this reads every recipient of the campaign."""
    rows = CampaignRecipient.objects.filter(campaign_id=campaign_id)
    return rows.aggregate(audience=Count("pk"), **{name: Count("pk", filter=Q(status=name)) for name in STATUSES})
