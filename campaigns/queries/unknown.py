"""Statements on recipients whose outcome nobody knows."""

from typing import NamedTuple

from campaigns.queries.settle import Moved
from config.sql import fetch, fetch_one


class Unresolved(NamedTuple):
    """A batch that has unknown recipients."""

    batch_id: int
    campaign_id: int
    reservation_id: int


def overdue_batch(*, default_hours: float, hours_by_account: dict[int, float]) -> Unresolved | None:
    """Lock one batch with unknown recipients whose call is older than its account's deadline. SKIP LOCKED.

    Index: batch_unresolved (a dead batch may hold unknown ones of an earlier attempt), then the recipients' batch.
    None: there is no such one.
    """
    sql = """
        SELECT b.id, b.campaign_id, b.reservation_id
          FROM campaigns_sendbatch b
          LEFT JOIN unnest(%(accounts)s::bigint[], %(hours)s::float[]) AS a (id, hours)
            ON a.id = b.account_id
         CROSS JOIN LATERAL (SELECT 1
                               FROM campaigns_campaignrecipient r
                              WHERE r.batch_id = b.id
                                AND r.status = 'unknown'
                              LIMIT 1) r
         WHERE b.state IN ('ambiguous', 'dead')
           AND b.called_at < statement_timestamp() - make_interval(secs => 3600 * coalesce(a.hours, %(default)s))
         ORDER BY b.called_at
         LIMIT 1
           FOR UPDATE OF b SKIP LOCKED
    """
    params = {
        "default": default_hours,
        "accounts": list(hours_by_account),
        "hours": [float(hours) for hours in hours_by_account.values()],
    }
    return fetch_one(sql, params, Unresolved)


def give_up(batch_id: int) -> list[Moved]:
    """unknown -> unconfirmed for a batch; late evidence still counts afterwards."""
    sql = """
        WITH moved AS (
            UPDATE campaigns_campaignrecipient
               SET status = 'unconfirmed', final_at = now()
             WHERE batch_id = %(batch_id)s
               AND status = 'unknown'
            RETURNING credits, parts
        )
        SELECT 'unknown', 'unconfirmed', '', count(*), sum(credits)::bigint, sum(parts)::bigint
          FROM moved
        HAVING count(*) > 0
    """
    return fetch(sql, {"batch_id": batch_id}, Moved)
