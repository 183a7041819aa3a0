"""Statements on the inbox."""

from collections.abc import Sequence

from config.sql import execute
from messaging.models import Receipt


def take(limit: int) -> list[Receipt]:
    """Receipts that are due, in order of arrival, for this drain alone. SKIP LOCKED; index: receipt_waiting."""
    sql = """
        SELECT *
          FROM messaging_receipt
         WHERE applied_at IS NULL
           AND next_try_at <= statement_timestamp()
         ORDER BY next_try_at, id
         LIMIT %s
           FOR UPDATE SKIP LOCKED
    """
    return sorted(Receipt.objects.raw(sql, [limit]), key=lambda receipt: receipt.pk)


def tick_off(*, ids: Sequence[int], outcomes: Sequence[str]) -> None:
    """Mark receipts as applied, with what they came to."""
    sql = """
        UPDATE messaging_receipt r
           SET applied_at = statement_timestamp(), outcome = o.outcome
          FROM unnest(%(ids)s::bigint[], %(outcomes)s::text[]) AS o (id, outcome)
         WHERE r.id = o.id
    """
    if ids:
        execute(sql, {"ids": list(ids), "outcomes": list(outcomes)})


def look_again_soon(ids: Sequence[int]) -> None:
    """Look at receipts again in two seconds: their batch is at a worker, whose settle is a matter of moments."""
    sql = """
        UPDATE messaging_receipt
           SET tries = least(tries + 1, 30000),
               next_try_at = statement_timestamp() + interval '2 seconds',
               outcome = 'early'
         WHERE id = ANY(%(ids)s)
    """
    if ids:
        execute(sql, {"ids": list(ids)})


def look_again_later(ids: Sequence[int]) -> None:
    """Look at receipts again in 1, 2, 4 … seconds, hourly at last; after 72 hours they stay as `unmatched`."""
    sql = """
        UPDATE messaging_receipt
           SET tries = least(tries + 1, 30000),
               next_try_at = statement_timestamp()
                             + least(interval '1 second' * power(2, least(tries, 12)), interval '1 hour'),
               outcome = 'unmatched',
               applied_at = CASE WHEN received_at < now() - interval '72 hours' THEN now() END
         WHERE id = ANY(%(ids)s)
    """
    if ids:
        execute(sql, {"ids": list(ids)})
