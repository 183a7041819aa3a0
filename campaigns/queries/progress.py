"""Statements on counters. Counters change by deltas beside the moves they count; nothing is recounted."""

from collections import Counter
from collections.abc import Iterable

from campaigns.queries.settle import Moved
from config.sql import execute

WITH_REASON = ("failed", "skipped", "undelivered")
# What came to be, for the minute's counters: recipients leave `sent` again with their receipt.
NEWS = {
    "sent": "new_sent",
    "delivered": "new_delivered",
    "undelivered": "new_undelivered",
    "failed": "new_failed",
}
COLUMNS = (
    "pending", "sent", "delivered", "undelivered", "failed", "skipped", "unknown", "unconfirmed", "cancelled",
    "parts_sent", "credits_charged", "retried", "retry_sent",
)  # fmt: skip


def count_moves(*, campaign_id: int, moves: Iterable[Moved], settles: bool = False, run: int = 1) -> None:
    """Add the moves to the campaign's counters, and failures and skips to its reasons. Locks the progress row.

    `settles`: they are a provider's answer; `run`: of the batch, above 1 for a second attempt at who had failed.
    """
    delta: Counter[str] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    for move in moves:
        delta[move.before] -= move.recipients
        delta[move.status] += move.recipients
        if move.status in NEWS:
            delta[NEWS[move.status]] += move.recipients
        if move.status == "sent":
            delta["parts_sent"] += move.parts
            delta["credits_charged"] += move.credits
            delta["retry_sent"] += move.recipients if run > 1 else 0
        if move.status in WITH_REASON:
            reasons[move.status, move.reason] += move.recipients
        elif move.before in WITH_REASON:
            reasons[move.before, move.reason] -= move.recipients
            delta["retried"] += move.recipients if move.before == "failed" else 0
    add_to_progress(campaign_id=campaign_id, delta=delta, settles=settles)
    add_to_reasons(campaign_id=campaign_id, reasons=reasons)


def add_to_progress(*, campaign_id: int, delta: "Counter[str]", settles: bool = False) -> None:
    """Add signed numbers to the counters, and what is new to this minute's; the CHECK refuses what does not add up.

    One statement, so that the minute costs no round trip; its row is locked by whoever has the progress row. Primary
    keys. `delta`: columns of CampaignProgress, and NEWS: how many came to be sent, delivered, undelivered, failed.
    """
    if not any(delta.values()) and not settles:
        return
    sql = """
        WITH progress AS (
            UPDATE campaigns_campaignprogress
               SET pending = pending + %(pending)s, sent = sent + %(sent)s, delivered = delivered + %(delivered)s,
                   undelivered = undelivered + %(undelivered)s, failed = failed + %(failed)s,
                   skipped = skipped + %(skipped)s, unknown = unknown + %(unknown)s,
                   unconfirmed = unconfirmed + %(unconfirmed)s, cancelled = cancelled + %(cancelled)s,
                   parts_sent = parts_sent + %(parts_sent)s, credits_charged = credits_charged + %(credits_charged)s,
                   retried = retried + %(retried)s, retry_sent = retry_sent + %(retry_sent)s,
                   settled_at = CASE WHEN %(settles)s THEN now() ELSE settled_at END,
                   first_sent_at = coalesce(first_sent_at, CASE WHEN %(credits_charged)s > 0 THEN now() END),
                   last_sent_at = CASE WHEN %(credits_charged)s > 0 THEN now() ELSE last_sent_at END,
                   version = version + 1
             WHERE campaign_id = %(campaign_id)s
            RETURNING campaign_id
        )
        INSERT INTO campaigns_campaignminute AS m
               (campaign_id, minute, sent, delivered, undelivered, failed, parts, credits)
        SELECT p.campaign_id, date_trunc('minute', now()), %(new_sent)s, %(new_delivered)s, %(new_undelivered)s,
               %(new_failed)s, %(parts_sent)s, %(credits_charged)s
          FROM progress p
         WHERE %(new_sent)s + %(new_delivered)s + %(new_undelivered)s + %(new_failed)s > 0
            ON CONFLICT (campaign_id, minute)
            DO UPDATE SET sent = m.sent + excluded.sent,
                          delivered = m.delivered + excluded.delivered,
                          undelivered = m.undelivered + excluded.undelivered,
                          failed = m.failed + excluded.failed,
                          parts = m.parts + excluded.parts,
                          credits = m.credits + excluded.credits
    """
    numbers = {name: delta[name] for name in (*COLUMNS, *NEWS.values())}
    execute(sql, {"campaign_id": campaign_id, "settles": settles, **numbers}, kept=True)


def add_to_latencies(*, campaign_id: int, buckets: "Counter[int]") -> None:
    """Count messages by how long they took, in buckets of campaigns.latency. Primary key."""
    sql = """
        INSERT INTO campaigns_latencycount AS c (campaign_id, bucket, count)
        SELECT %(campaign_id)s, o.bucket, o.number
          FROM unnest(%(buckets)s::int[], %(numbers)s::bigint[]) AS o (bucket, number)
            ON CONFLICT (campaign_id, bucket)
            DO UPDATE SET count = c.count + excluded.count
    """
    rows = sorted(buckets.items())
    if rows:
        execute(
            sql,
            {
                "campaign_id": campaign_id,
                "buckets": [bucket for bucket, _ in rows],
                "numbers": [number for _, number in rows],
            },
        )


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
