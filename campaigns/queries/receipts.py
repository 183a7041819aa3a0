"""Statements that receipts and other late evidence need."""

from collections.abc import Sequence
from typing import NamedTuple

from config.sql import execute, fetch, records


class Standing(NamedTuple):
    """Where a recipient stands; locked until the transaction ends. `sent_at`: epoch seconds.

    As a number: the driver takes 15 µs to make a moment of a text, which is a fifth of what a receipt costs us.
    """

    recipient_id: int
    status: str
    rank: int
    reason: str
    attempt: int
    credits: int
    parts: int
    charged: int
    campaign_id: int
    store_id: int
    batch_id: int
    reservation_id: int
    account_id: int | None
    fresh: bool
    run: int
    sent_at: float | None


def lock_standing(ids: Sequence[int]) -> list[Standing]:
    """Lock recipients by id and say where they stand. Index: primary keys. `fresh`: his batch is being sent now."""
    sql = """
        SELECT r.id, r.status, r.rank, r.reason, r.attempt, r.credits, r.parts, r.charged, r.campaign_id, r.store_id,
               r.batch_id, b.reservation_id, b.account_id, b.state IN ('claimed', 'calling'),
               b.run, extract(epoch FROM r.sent_at)::float
          FROM campaigns_campaignrecipient r
          JOIN campaigns_sendbatch b ON b.id = r.batch_id
         WHERE r.id = ANY(%(ids)s)
         ORDER BY r.id
           FOR UPDATE OF r
    """
    return fetch(sql, {"ids": list(ids)}, Standing)


class Change(NamedTuple):
    """What evidence makes of a recipient. `bill`: his credits become charged."""

    recipient_id: int
    status: str
    rank: int
    reason: str
    code: str
    bill: bool


def record_evidence(changes: Sequence[Change]) -> int:
    """Write changes to recipients that `lock_standing` locked. The caller counts and bills."""
    sql = """
        UPDATE campaigns_campaignrecipient r
           SET status = o.status,
               rank = o.rank,
               reason = o.reason,
               error_code = left(o.code, 60),
               charged = CASE WHEN o.bill THEN r.credits ELSE r.charged END,
               sent_at = CASE WHEN o.bill THEN coalesce(r.sent_at, now()) ELSE r.sent_at END,
               final_at = CASE WHEN o.status IN ('delivered', 'undelivered', 'unconfirmed') THEN now() END
          FROM json_to_recordset(%(changes)s)
               AS o (recipient_id bigint, status text, rank int, reason text, code text, bill bool)
         WHERE r.id = o.recipient_id
    """
    return execute(sql, {"changes": records(changes)})


def close_resolved(campaign_id: int) -> int:
    """ambiguous -> done for the campaign's batches in which no recipient is unknown any more. They are few.

    In a transaction of its own: who settles late locks the batch, then its recipients; evidence has locked recipients.
    """
    sql = """
        UPDATE campaigns_sendbatch b
           SET state = 'done'
         WHERE b.campaign_id = %(campaign_id)s
           AND b.state = 'ambiguous'
           AND NOT EXISTS (SELECT
                             FROM campaigns_campaignrecipient r
                            WHERE r.batch_id = b.id
                              AND r.status = 'unknown')
    """
    return execute(sql, {"campaign_id": campaign_id})
