"""Statements that record what became of a batch. Each repeats its guard and returns what it really moved."""

from collections.abc import Sequence
from typing import NamedTuple

from config.sql import execute, fetch, fetch_one, records


class Held(NamedTuple):
    """The state in which a batch was found, and the run of the campaign that it belongs to."""

    state: str
    run: int = 1


class Moved(NamedTuple):
    """Recipients that moved alike. `before` and `status` are recipient statuses; credits and parts are sums.

    `erased`: the ids of those whose phone was erased meanwhile.
    """

    before: str
    status: str
    reason: str
    recipients: int
    credits: int
    parts: int
    erased: Sequence[int] | None = None


def hold_batch(*, batch_id: int, fence: int) -> Held | None:
    """Lock the batch for its settle: `calling` or `ambiguous`, or None when this fence no longer holds it."""
    sql = """
        SELECT state, run
          FROM campaigns_sendbatch
         WHERE id = %(batch_id)s
           AND fence = %(fence)s
           AND state IN ('calling', 'ambiguous')
           FOR UPDATE
    """
    return fetch_one(sql, {"batch_id": batch_id, "fence": fence}, Held, kept=True)


def hold_live(campaign_id: int) -> bool:
    """Whether the campaign is sending or paused, and stays so until the transaction ends (FOR SHARE).

    For a late settle, which has its ambiguous batch locked already: nobody who locks a campaign waits for such a batch.
    """
    sql = """
        SELECT status
          FROM campaigns_campaign
         WHERE id = %(campaign_id)s
           AND status IN ('sending', 'paused')
           FOR SHARE
    """
    return fetch_one(sql, {"campaign_id": campaign_id}, Held) is not None


def lock_unresolved(batch_id: int) -> None:
    """Lock the batch's unknown and given-up recipients by id, as evidence does. For a late settle, which holds it."""
    sql = """
        SELECT id
          FROM campaigns_campaignrecipient
         WHERE batch_id = %(batch_id)s
           AND status IN ('unknown', 'unconfirmed')
         ORDER BY id
           FOR UPDATE
    """
    execute(sql, {"batch_id": batch_id})


class Standing(NamedTuple):
    """Whether a recipient was erased."""

    recipient_id: int
    erased: bool


class Verdict(NamedTuple):
    """What an outcome makes of its recipient."""

    recipient_id: int
    status: str
    reason: str
    code: str


class Alike(NamedTuple):
    """Recipients with the same verdict."""

    status: str
    reason: str
    code: str
    ids: list[int]


def record_outcomes(verdicts: Sequence[Verdict], *, attempt: int, late: bool) -> list[Moved]:
    """Write each recipient's outcome by primary key: sent (and charged), failed, unknown or pending again.

    Moves only recipients that are `pending` (`unknown` when `late`: the batch was given up meanwhile). Repeating it
    moves nothing, since the batch is no longer held.
    """
    sql = """
        WITH moved AS (
            UPDATE campaigns_campaignrecipient r
               SET status = o.status,
                   reason = o.reason,
                   error_code = o.code,
                   attempt = %(attempt)s,
                   charged = CASE o.status WHEN 'sent' THEN r.credits ELSE 0 END,
                   sent_at = CASE o.status WHEN 'sent' THEN statement_timestamp() END,
                   final_at = CASE o.status WHEN 'failed' THEN statement_timestamp() END
              FROM json_to_recordset(%(verdicts)s) AS o (status text, reason text, code text, ids bigint[])
             CROSS JOIN unnest(o.ids) AS alike (recipient_id)
             WHERE r.id = alike.recipient_id
               AND ((r.status = 'pending' AND NOT %(late)s) OR (r.status = 'unknown' AND %(late)s))
            RETURNING r.id, r.status, r.reason, r.credits, r.parts, r.phone IS NULL AS erased
        )
        SELECT CASE WHEN %(late)s THEN 'unknown' ELSE 'pending' END,
               m.status, m.reason, count(*), sum(m.credits)::bigint, sum(m.parts)::bigint,
               array_agg(m.id) FILTER (WHERE m.erased)
          FROM moved m
         GROUP BY m.status, m.reason
    """
    alike: dict[tuple[str, str, str], list[int]] = {}  # nearly all of a batch end alike
    for recipient_id, status, reason, code in verdicts:
        alike.setdefault((status, reason, code), []).append(recipient_id)
    ends = [Alike(*end, ids) for end, ids in alike.items()]
    return fetch(sql, {"verdicts": records(ends), "attempt": attempt, "late": late}, Moved)


def hold_erased(ids: Sequence[int]) -> set[int]:
    """Which of these recipients have no phone any more; the others keep theirs until the transaction ends."""
    sql = """
        SELECT id, phone IS NULL
          FROM campaigns_campaignrecipient
         WHERE id = ANY(%(ids)s)
         ORDER BY id
           FOR SHARE
    """
    return {recipient_id for recipient_id, erased in fetch(sql, {"ids": list(ids)}, Standing) if erased}


def move_pending(*, batch_id: int, status: str, reason: str) -> list[Moved]:
    """Move all pending recipients of a batch to failed, skipped, cancelled or unknown (status is one of ours)."""
    sql = """
        WITH moved AS (
            UPDATE campaigns_campaignrecipient
               SET status = %(status)s,
                   reason = %(reason)s,
                   final_at = CASE %(status)s WHEN 'unknown' THEN NULL ELSE statement_timestamp() END
             WHERE batch_id = %(batch_id)s
               AND status = 'pending'
            RETURNING status, reason, credits, parts
        )
        SELECT 'pending', status, reason, count(*), sum(credits)::bigint, sum(parts)::bigint
          FROM moved
         GROUP BY status, reason
    """
    return fetch(sql, {"batch_id": batch_id, "status": status, "reason": reason}, Moved)


def skip(*, ids: Sequence[int], reasons: Sequence[str]) -> list[Moved]:
    """pending -> skipped, each with its reason; by the holder of the claim only."""
    sql = """
        WITH moved AS (
            UPDATE campaigns_campaignrecipient r
               SET status = 'skipped', reason = o.reason, final_at = statement_timestamp()
              FROM unnest(%(ids)s::bigint[], %(reasons)s::text[]) AS o (id, reason)
             WHERE r.id = o.id
               AND r.status = 'pending'
            RETURNING r.reason, r.credits, r.parts
        )
        SELECT 'pending', 'skipped', reason, count(*), sum(credits)::bigint, sum(parts)::bigint
          FROM moved
         GROUP BY reason
    """
    return fetch(sql, {"ids": list(ids), "reasons": list(reasons)}, Moved)


def has_unknown(batch_id: int) -> bool:
    """Whether the batch has recipients whose outcome nobody knows."""
    sql = """
        SELECT 'unknown'
          FROM campaigns_campaignrecipient
         WHERE batch_id = %(batch_id)s
           AND status = 'unknown'
         LIMIT 1
    """
    return fetch_one(sql, {"batch_id": batch_id}, Held) is not None


def end_batch(
    *, batch_id: int, state: str, wait_seconds: float, refund_try: bool, error_class: str, error: str
) -> None:
    """Leave `calling` or `ambiguous` for done, ready (to be tried again in `wait_seconds`), ambiguous or dead.

    `refund_try`: the call was provably not processed and does not count against the retry budget.
    """
    sql = """
        UPDATE campaigns_sendbatch
           SET state = %(state)s,
               ready_at = statement_timestamp() + make_interval(secs => %(wait)s),
               settled_at = statement_timestamp(),
               claims = 0,
               spent = greatest(spent - CASE WHEN %(refund_try)s THEN 1 ELSE 0 END, 0),
               error_class = %(error_class)s,
               error = %(error)s
         WHERE id = %(batch_id)s
    """
    execute(
        sql,
        {
            "batch_id": batch_id,
            "state": state,
            "wait": wait_seconds,
            "refund_try": refund_try,
            "error_class": error_class,
            "error": error[:300],
        },
        kept=True,
    )
