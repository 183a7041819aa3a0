"""Statements of claiming and mending. Lock order: endpoint, then its deliveries."""

from collections.abc import Mapping
from typing import NamedTuple

from config.sql import execute, fetch, fetch_one


class Number(NamedTuple):
    """A number."""

    value: int


class LaneEnd(NamedTuple):
    """The last sequence of a lane."""

    endpoint_id: int
    campaign_id: int
    last: int


def turns(limit: int, *, slots: int, troubled: bool | None) -> list[int]:
    """Endpoints that may be called now and have something due, the least recently served first.

    Only troubled ones (that fail or are slow, and get one call at a time), only others, or (None) both.
    Indexes: webhookendpoint_active, webhookdelivery_pending, webhookdelivery_lane. Locks nothing: `take` decides.
    """
    sql = """
        SELECT e.id
          FROM messaging_webhookendpoint e
         CROSS JOIN LATERAL (SELECT 1
                               FROM messaging_webhookdelivery d
                              WHERE d.endpoint_id = e.id
                                AND d.state = 'pending'
                                AND d.next_try_at <= statement_timestamp()
                                AND NOT EXISTS (SELECT
                                                  FROM messaging_webhookdelivery b
                                                 WHERE b.endpoint_id = d.endpoint_id
                                                   AND b.campaign_id = d.campaign_id
                                                   AND b.sequence < d.sequence
                                                   AND b.state IN ('pending', 'sending'))
                              LIMIT 1) due
         WHERE e.status = 'active'
           AND e.hold_until <= statement_timestamp()
           AND (SELECT count(*)
                  FROM messaging_webhookdelivery s
                 WHERE s.endpoint_id = e.id
                   AND s.state = 'sending') < CASE WHEN e.failures > 0 OR e.slow THEN 1 ELSE %(slots)s END
           AND coalesce((e.failures > 0 OR e.slow) = %(troubled)s::boolean, true)
         ORDER BY e.served_at, e.id
         LIMIT %(limit)s
    """
    params = {"limit": limit, "slots": slots, "troubled": troubled}
    return [row.value for row in fetch(sql, params, Number)]


def hold_endpoint(endpoint_id: int, *, slots: int) -> int:
    """Lock an endpoint that may be called, and mark it as served now; how many calls at once it may have.

    0: it may not be called, or somebody else has it. In a statement of its own: what `take` counts must be seen after
    the lock is had.
    """
    sql = """
        UPDATE messaging_webhookendpoint e
           SET served_at = clock_timestamp()
         WHERE e.id = (SELECT n.id
                         FROM messaging_webhookendpoint n
                        WHERE n.id = %(endpoint_id)s
                          AND n.status = 'active'
                          AND n.hold_until <= statement_timestamp()
                          FOR NO KEY UPDATE SKIP LOCKED)
        RETURNING CASE WHEN e.failures > 0 OR e.slow THEN 1 ELSE %(slots)s END
    """
    row = fetch_one(sql, {"endpoint_id": endpoint_id, "slots": slots}, Number)
    return row.value if row else 0


def take(endpoint_id: int, *, slots: int, lease_seconds: float) -> int | None:
    """Claim the next due delivery of an endpoint that `hold_endpoint` locked: pending -> sending, a new fence, a lease.

    One that belongs to a campaign waits for the campaign's earlier ones. None: nothing is due, or `slots` calls are
    under way. Indexes: webhookdelivery_pending, webhookdelivery_lane, webhookdelivery_sending.
    """
    sql = """
        UPDATE messaging_webhookdelivery d
           SET state = 'sending',
               fence = d.fence + 1,
               tries = d.tries + 1,
               lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
         WHERE d.id = (SELECT n.id
                         FROM messaging_webhookdelivery n
                        WHERE n.endpoint_id = %(endpoint_id)s
                          AND n.state = 'pending'
                          AND n.next_try_at <= statement_timestamp()
                          AND NOT EXISTS (SELECT
                                            FROM messaging_webhookdelivery b
                                           WHERE b.endpoint_id = n.endpoint_id
                                             AND b.campaign_id = n.campaign_id
                                             AND b.sequence < n.sequence
                                             AND b.state IN ('pending', 'sending'))
                          AND (SELECT count(*)
                                 FROM messaging_webhookdelivery s
                                WHERE s.endpoint_id = %(endpoint_id)s
                                  AND s.state = 'sending') < %(slots)s
                        ORDER BY n.next_try_at, n.id
                        LIMIT 1
                          FOR UPDATE SKIP LOCKED)
        RETURNING d.id
    """
    row = fetch_one(sql, {"endpoint_id": endpoint_id, "slots": slots, "lease": lease_seconds}, Number)
    return row.value if row else None


def expire_leases(limit: int) -> int:
    """sending -> pending where whoever called went away; it may have been delivered and is delivered again.

    Index: webhookdelivery_sending.
    """
    sql = """
        UPDATE messaging_webhookdelivery d
           SET state = 'pending',
               next_try_at = statement_timestamp(),
               lease_until = NULL,
               last_error = 'The process that called went away.'
         WHERE d.id IN (SELECT n.id
                          FROM messaging_webhookdelivery n
                         WHERE n.state = 'sending'
                           AND n.lease_until < statement_timestamp()
                         ORDER BY n.endpoint_id, n.lease_until
                         LIMIT %(limit)s
                           FOR UPDATE SKIP LOCKED)
           AND d.state = 'sending'
    """
    return execute(sql, {"limit": limit})


def bury(limit: int) -> int:
    """pending -> dead for endpoints that are disabled or deleted. Index: webhookdelivery_pending."""
    sql = """
        UPDATE messaging_webhookdelivery d
           SET state = 'dead',
               finished_at = statement_timestamp(),
               last_error = 'The endpoint is disabled.'
         WHERE d.id IN (SELECT n.id
                          FROM messaging_webhookendpoint e
                          JOIN messaging_webhookdelivery n ON n.endpoint_id = e.id
                         WHERE e.status <> 'active'
                           AND n.state = 'pending'
                         LIMIT %(limit)s
                           FOR UPDATE OF n SKIP LOCKED)
           AND d.state = 'pending'
    """
    return execute(sql, {"limit": limit})


def hurry(endpoint_id: int, *, limit: int) -> int:
    """Let what waits for its next attempt be due now: the endpoint answers again. Index: webhookdelivery_pending."""
    sql = """
        UPDATE messaging_webhookdelivery d
           SET next_try_at = statement_timestamp()
         WHERE d.id IN (SELECT n.id
                          FROM messaging_webhookdelivery n
                         WHERE n.endpoint_id = %(endpoint_id)s
                           AND n.state = 'pending'
                           AND n.next_try_at > statement_timestamp()
                         ORDER BY n.next_try_at, n.id
                         LIMIT %(limit)s
                           FOR UPDATE SKIP LOCKED)
    """
    return execute(sql, {"endpoint_id": endpoint_id, "limit": limit})


def advance_lanes(events: Mapping[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    """Count further events of (endpoint, campaign) pairs; the sequence that each pair's last one gets.

    Index: webhooklane_once.
    """
    sql = """
        INSERT INTO messaging_webhooklane AS l (endpoint_id, campaign_id, last)
        SELECT *
          FROM unnest(%(endpoints)s::bigint[], %(campaigns)s::bigint[], %(counts)s::int[])
            ON CONFLICT (endpoint_id, campaign_id) DO UPDATE
           SET last = l.last + excluded.last
        RETURNING l.endpoint_id, l.campaign_id, l.last
    """
    pairs = sorted(events)
    if not pairs:
        return {}
    params = {
        "endpoints": [endpoint for endpoint, _ in pairs],
        "campaigns": [campaign for _, campaign in pairs],
        "counts": [events[pair] for pair in pairs],
    }
    return {(row.endpoint_id, row.campaign_id): row.last for row in fetch(sql, params, LaneEnd)}


def forgotten_endpoints(*, late_seconds: float, limit: int) -> list[int]:
    """Endpoints with something due, that might be called, and that nobody has called for so long: nobody works.

    One that answers slowly is called again and again: its merchant's trouble, not ours. One whose earlier events of
    the same campaign wait for a retry is on hold. Indexes: webhookendpoint_active, webhookdelivery_pending, _sending.
    """
    sql = """
        SELECT e.id
          FROM messaging_webhookendpoint e
         WHERE e.status = 'active'
           AND e.served_at < statement_timestamp() - make_interval(secs => %(late)s)
           AND e.hold_until < statement_timestamp() - make_interval(secs => %(late)s)
           AND EXISTS (SELECT
                         FROM messaging_webhookdelivery d
                        WHERE d.endpoint_id = e.id
                          AND d.state = 'pending'
                          AND d.next_try_at < statement_timestamp() - make_interval(secs => %(late)s)
                          AND NOT EXISTS (SELECT
                                            FROM messaging_webhookdelivery b
                                           WHERE b.endpoint_id = d.endpoint_id
                                             AND b.campaign_id = d.campaign_id
                                             AND b.sequence < d.sequence
                                             AND b.state IN ('pending', 'sending')))
           AND NOT EXISTS (SELECT
                             FROM messaging_webhookdelivery s
                            WHERE s.endpoint_id = e.id
                              AND s.state = 'sending'
                              AND s.lease_until > statement_timestamp())
         ORDER BY e.served_at, e.id
         LIMIT %(limit)s
    """
    return [row.value for row in fetch(sql, {"late": late_seconds, "limit": limit}, Number)]
