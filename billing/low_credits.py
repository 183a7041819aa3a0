"""When a store's credits run low: once per crossing of the threshold that the store set.

Found by a sweep that compares, so that no charge pays for it. An account that falls and recovers between two sweeps
was not low for long enough to tell anybody.
"""

from typing import NamedTuple

from config.sql import execute, fetch


class Low(NamedTuple):
    """An account that has just become low, in credits."""

    store_id: int
    available: int
    threshold: int


def newly_low(*, limit: int) -> list[Low]:
    """Mark up to `limit` accounts that fell below their store's threshold, and say which; each once per crossing.

    Whoever calls tells the outside in the same transaction. Index: store_credits_low. An account that somebody charges
    at this moment is left to the next sweep: SKIP LOCKED.
    """
    sql = """
        WITH low AS (
            SELECT a.id, a.store_id, s.credits_low_at AS threshold,
                   a.balance - a.held + a.allowance - a.allowance_held AS available
              FROM audiences_store s
              JOIN billing_creditaccount a ON a.store_id = s.id
             WHERE s.credits_low_at IS NOT NULL
               AND a.low_since IS NULL
               AND a.balance - a.held + a.allowance - a.allowance_held < s.credits_low_at
             ORDER BY a.id
             LIMIT %(limit)s
               FOR NO KEY UPDATE OF a SKIP LOCKED
        )
        UPDATE billing_creditaccount a
           SET low_since = statement_timestamp()
          FROM low l
         WHERE a.id = l.id
        RETURNING l.store_id, l.available, l.threshold
    """
    return fetch(sql, {"limit": limit}, Low)


def recovered(*, limit: int) -> int:
    """Unmark up to `limit` accounts that are not low any more; how many. Index: account_low."""
    sql = """
        WITH fine AS (
            SELECT a.id
              FROM billing_creditaccount a
              JOIN audiences_store s ON s.id = a.store_id
             WHERE a.low_since IS NOT NULL
               AND (s.credits_low_at IS NULL
                    OR a.balance - a.held + a.allowance - a.allowance_held >= s.credits_low_at)
             ORDER BY a.id
             LIMIT %(limit)s
               FOR NO KEY UPDATE OF a SKIP LOCKED
        )
        UPDATE billing_creditaccount a
           SET low_since = NULL
          FROM fine f
         WHERE a.id = f.id
    """
    return execute(sql, {"limit": limit})
