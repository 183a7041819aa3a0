"""How a campaign did: rates, speed, latency, money. From counters and short index ranges, for any size of campaign."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from campaigns import latency
from campaigns.models import Campaign
from campaigns.progress import Progress, read
from campaigns.queries.watching import BLAME_DAYS, clicked, handed, latencies, opt_outs, span


class Rates(NamedTuple):
    """Shares from 0 to 1; None where there is nothing to divide. Of what: see RatesShape."""

    accepted: float | None
    delivered: float | None
    undelivered: float | None
    awaiting: float | None
    failed: float | None
    skipped: float | None


class Speed(NamedTuple):
    """From the first to the last accepted message: averages per second, the best minute, and the seconds it took."""

    first_sent_at: datetime | None
    last_sent_at: datetime | None
    seconds: float | None
    messages_per_second: float | None
    parts_per_second: float | None
    best_minute: int


class Latency(NamedTuple):
    """Seconds from the provider's yes to the receipt of a delivery, within an eighth; `measured` messages."""

    measured: int
    p50: float | None
    p95: float | None
    p99: float | None


class Money(NamedTuple):
    """Parts and whole credits. `per_delivered`: credits per delivered message."""

    parts_expected: int
    parts_sent: int
    credits_expected: int
    credits_held: int
    credits_charged: int
    per_delivered: float | None


class Retries(NamedTuple):
    """Calls to the provider, batches given up, and failed recipients that a person had tried again."""

    batches: int
    hand_overs: int
    dead_batches: int
    retried: int
    accepted: int
    success: float | None


class LinkClicks(NamedTuple):
    """One address of the text. `people`: recipients who followed it; `rate`: of the accepted messages."""

    number: int
    url: str
    clicks: int
    human_clicks: int
    people: int
    rate: float | None


class Clicks(NamedTuple):
    """On all links: `clicks` by anybody and anything, `human` ones, `people` who followed any. `rate`: as above."""

    clicks: int
    human: int
    people: int
    rate: float | None
    links: list[LinkClicks]


class Metrics(NamedTuple):
    """Everything. `opt_outs`: within seven days, of people whom no later campaign had texted."""

    status: str
    audience: int
    counts: dict[str, int]
    rates: Rates
    speed: Speed
    latency: Latency
    money: Money
    retries: Retries
    clicks: Clicks
    opt_outs: int
    opt_out_rate: float | None
    version: int


def measure(campaign: Campaign) -> Metrics:
    """The campaign's metrics now: seven statements, none of which grows with its recipients but through its batches."""
    progress = read(campaign.pk)
    accepted = sum(progress.counts[name] for name in ("sent", "delivered", "undelivered"))
    gone = _opt_outs(campaign, progress)
    return Metrics(
        status=progress.status,
        audience=progress.audience,
        counts=progress.counts,
        rates=_rates(progress, accepted),
        speed=_speed(progress, accepted, campaign.pk),
        latency=_latency(campaign.pk),
        money=_money(campaign, progress),
        retries=_retries(campaign.pk, progress),
        clicks=_clicks(campaign.pk, progress, accepted),
        opt_outs=gone,
        opt_out_rate=share(gone, accepted),
        version=progress.version,
    )


def share(part: float, whole: float) -> float | None:
    """A share from 0 to 1 with four digits; None of nothing."""
    return round(part / whole, 4) if whole else None


def _rates(progress: Progress, accepted: int) -> Rates:
    counts = progress.counts
    tried = accepted + counts["failed"] + counts["unknown"] + counts["unconfirmed"]
    return Rates(
        accepted=share(accepted, tried),
        delivered=share(counts["delivered"], accepted),
        undelivered=share(counts["undelivered"], accepted),
        awaiting=share(counts["sent"], accepted),
        failed=share(counts["failed"], tried),
        skipped=share(counts["skipped"], progress.audience),
    )


def _speed(progress: Progress, accepted: int, campaign_id: int) -> Speed:
    first, last = progress.first_sent_at, progress.last_sent_at
    seconds = (last - first).total_seconds() if first and last else None
    whole = max(seconds, 1.0) if seconds is not None else 0.0  # one batch is sent in no time
    return Speed(
        first_sent_at=first,
        last_sent_at=last,
        seconds=round(seconds, 1) if seconds is not None else None,
        messages_per_second=round(accepted / whole, 1) if whole else None,
        parts_per_second=round(progress.parts_sent / whole, 1) if whole else None,
        best_minute=span(campaign_id).peak,
    )


def _latency(campaign_id: int) -> Latency:
    counts = {row.bucket: row.number for row in latencies(campaign_id)}
    p50, p95, p99 = (latency.percentile(counts, part) for part in (0.5, 0.95, 0.99))
    return Latency(measured=sum(counts.values()), p50=p50, p95=p95, p99=p99)


def _money(campaign: Campaign, progress: Progress) -> Money:
    delivered = progress.counts["delivered"]
    return Money(
        parts_expected=progress.parts_expected,
        parts_sent=progress.parts_sent,
        credits_expected=campaign.quote.credits if campaign.quote else 0,
        credits_held=progress.credits_held,
        credits_charged=progress.credits_charged,
        per_delivered=round(progress.credits_charged / delivered, 3) if delivered else None,
    )


def _retries(campaign_id: int, progress: Progress) -> Retries:
    calls = handed(campaign_id)
    return Retries(
        batches=calls.batches,
        hand_overs=calls.hand_overs,
        dead_batches=calls.dead,
        retried=progress.retried,
        accepted=progress.retry_sent,
        success=share(progress.retry_sent, progress.retried),
    )


def _clicks(campaign_id: int, progress: Progress, accepted: int) -> Clicks:
    return Clicks(
        clicks=progress.clicks,
        human=progress.human_clicks,
        people=progress.clickers,
        rate=share(progress.clickers, accepted),
        links=[LinkClicks(*row, rate=share(row.people, accepted)) for row in clicked(campaign_id)],
    )


def _opt_outs(campaign: Campaign, progress: Progress) -> int:
    if progress.first_sent_at is None or progress.last_sent_at is None:
        return 0
    return opt_outs(
        store_id=campaign.store_id,
        campaign_id=campaign.pk,
        start=progress.first_sent_at,
        end=min(progress.last_sent_at + timedelta(days=BLAME_DAYS), timezone.now()),
    )
