"""Statements on counters. Counters change by deltas beside the moves they count; nothing is recounted."""

from collections import Counter
from collections.abc import Iterable

from campaigns.queries.settle import Moved
from config.sql import execute

WITH_REASON = ("failed", "skipped", "undelivered")


def count_moves(*, campaign_id: int, moves: Iterable[Moved]) -> None:
    """Add the moves to the campaign's counters, and failures and skips to its reasons. Locks the progress row."""
    delta: Counter[str] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    for move in moves:
        delta[move.before] -= move.recipients
        delta[move.status] += move.recipients
        if move.status == "sent":
            delta["parts_sent"] += move.parts
            delta["credits_charged"] += move.credits
        if move.status in WITH_REASON:
            reasons[move.status, move.reason] += move.recipients
        elif move.before in WITH_REASON:
            reasons[move.before, move.reason] -= move.recipients
    add_to_progress(campaign_id=campaign_id, delta=delta)
    add_to_reasons(campaign_id=campaign_id, reasons=reasons)


def add_to_progress(*, campaign_id: int, delta: "Counter[str]") -> None:
    """Add signed numbers to the counters; the CHECK refuses what does not add up."""
    if not any(delta.values()):
        return
    sql = """
        UPDATE campaigns_campaignprogress
           SET pending = pending + %(pending)s,
               sent = sent + %(sent)s,
               delivered = delivered + %(delivered)s,
               undelivered = undelivered + %(undelivered)s,
               failed = failed + %(failed)s,
               skipped = skipped + %(skipped)s,
               unknown = unknown + %(unknown)s,
               unconfirmed = unconfirmed + %(unconfirmed)s,
               cancelled = cancelled + %(cancelled)s,
               parts_sent = parts_sent + %(parts_sent)s,
               credits_charged = credits_charged + %(credits_charged)s,
               first_sent_at = coalesce(first_sent_at, CASE WHEN %(credits_charged)s > 0 THEN now() END),
               last_sent_at = CASE WHEN %(credits_charged)s > 0 THEN now() ELSE last_sent_at END,
               version = version + 1
         WHERE campaign_id = %(campaign_id)s
    """
    columns = (
        "pending", "sent", "delivered", "undelivered", "failed", "skipped", "unknown", "unconfirmed", "cancelled",
        "parts_sent", "credits_charged",
    )  # fmt: skip
    execute(sql, {"campaign_id": campaign_id, **{name: delta[name] for name in columns}})


def add_to_reasons(*, campaign_id: int, reasons: "Counter[tuple[str, str]]") -> None:
    """Add signed numbers to the campaign's (status, reason) counts."""
    rows = sorted((key, number) for key, number in reasons.items() if number)
    if not rows:
        return
    sql = """
        INSERT INTO campaigns_reasoncount AS c (campaign_id, status, reason, count)
        SELECT %(campaign_id)s, o.status, o.reason, o.number
          FROM unnest(%(statuses)s::text[], %(reasons)s::text[], %(numbers)s::bigint[]) AS o (status, reason, number)
        ON CONFLICT (campaign_id, status, reason)
        DO UPDATE SET count = c.count + excluded.count
    """
    params = {
        "campaign_id": campaign_id,
        "statuses": [status for (status, _), _ in rows],
        "reasons": [reason for (_, reason), _ in rows],
        "numbers": [number for _, number in rows],
    }
    execute(sql, params)
