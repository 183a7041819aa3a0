"""Statements of the scrape: each is bounded, whatever the tables hold, and served by an index of open work."""

from typing import NamedTuple

from config.sql import fetch, fetch_one

LOG_LINES = 100_000  # of the message log's end are looked at
LOG_SECONDS = 60  # and of those only the youngest
DELIVERIES = 100_000  # waiting webhooks are counted up to here
ENDPOINTS = 10_000


class Said(NamedTuple):
    """Lines of the message log of the last minute, over one account."""

    account_id: int | None
    kind: str
    outcome: str
    again: bool
    number: int


def said_lately() -> list[Said]:
    """What providers said in the last LOG_SECONDS, by account. Primary key, backwards: LOG_LINES at most.

    `again`: not the first hand-over of its batch.
    """
    sql = """
        SELECT l.account_id, l.kind, l.outcome, l.attempt > 1, count(*)
          FROM messaging_messagelog l
         WHERE l.id > (SELECT coalesce(max(m.id), 0) - %(lines)s
                         FROM messaging_messagelog m)
           AND l.at > statement_timestamp() - make_interval(secs => %(seconds)s)
           AND l.kind IN ('attempt', 'receipt', 'poll')
         GROUP BY l.account_id, l.kind, l.outcome, l.attempt > 1
    """
    return fetch(sql, {"lines": LOG_LINES, "seconds": LOG_SECONDS}, Said)


class Due(NamedTuple):
    """What of a priority is ready to be sent: batches that are due, and for how long the oldest is, in seconds."""

    priority: int
    batches: int
    oldest: float | None


def due_by_priority() -> list[Due]:
    """Due batches of campaigns that may send, by priority. Indexes: campaign_live, batch_ready (not the later ones)."""
    sql = """
        SELECT c.priority, sum(b.number)::bigint,
               extract(epoch FROM statement_timestamp() - min(b.oldest))::float
          FROM campaigns_campaign c
          JOIN audiences_store s ON s.id = c.store_id
         CROSS JOIN LATERAL (SELECT count(*) AS number, min(r.ready_at) AS oldest
                               FROM campaigns_sendbatch r
                              WHERE r.campaign_id = c.id
                                AND r.state = 'ready'
                                AND r.ready_at <= statement_timestamp()) b
         WHERE c.status = 'sending'
           AND s.status = 'active'
           AND NOT s.sending_stopped
         GROUP BY c.priority
    """
    return fetch(sql, {}, Due)


class Waiting(NamedTuple):
    """How many wait, and seconds since the oldest of them that is due became due (None: nothing is due)."""

    number: int
    oldest: float | None


def receipts_waiting() -> Waiting:
    """Receipts that are not applied; one that fits no message is not due most of the time. Index: receipt_waiting."""
    sql = """
        SELECT count(*),
               extract(epoch FROM statement_timestamp()
                                  - min(next_try_at) FILTER (WHERE next_try_at <= statement_timestamp()))::float
          FROM messaging_receipt
         WHERE applied_at IS NULL
    """
    return fetch_one(sql, {}, Waiting) or Waiting(0, None)


def texts_waiting() -> Waiting:
    """Texts from people that nobody acted on yet. Index: inbound_waiting."""
    sql = """
        SELECT count(*),
               extract(epoch FROM statement_timestamp()
                                  - min(next_try_at) FILTER (WHERE next_try_at <= statement_timestamp()))::float
          FROM messaging_inboundmessage
         WHERE applied_at IS NULL
    """
    return fetch_one(sql, {}, Waiting) or Waiting(0, None)


def webhooks_waiting() -> Waiting:
    """Deliveries that wait, at most DELIVERIES, and for how long the oldest may be called by now and is not.

    Indexes: webhookdelivery_pending; webhookendpoint_active with a probe per endpoint.
    """
    sql = """
        SELECT (SELECT count(*)
                  FROM (SELECT 1
                          FROM messaging_webhookdelivery p
                         WHERE p.state = 'pending'
                         LIMIT %(deliveries)s) w),
               (SELECT extract(epoch FROM statement_timestamp() - min(greatest(d.next_try_at, e.hold_until)))::float
                  FROM (SELECT id, hold_until
                          FROM messaging_webhookendpoint
                         WHERE status = 'active'
                         ORDER BY served_at
                         LIMIT %(endpoints)s) e
                 CROSS JOIN LATERAL (SELECT n.next_try_at
                                       FROM messaging_webhookdelivery n
                                      WHERE n.endpoint_id = e.id
                                        AND n.state = 'pending'
                                      ORDER BY n.next_try_at, n.id
                                      LIMIT 1) d
                 WHERE greatest(d.next_try_at, e.hold_until) <= statement_timestamp())
    """
    params = {"deliveries": DELIVERIES, "endpoints": ENDPOINTS}
    return fetch_one(sql, params, Waiting) or Waiting(0, None)


class Count(NamedTuple):
    """How many of a kind."""

    name: str
    number: int


def open_campaigns() -> list[Count]:
    """Campaigns that are not at rest, by status. Indexes: campaign_live, campaign_due."""
    sql = """
        SELECT status, count(*)
          FROM campaigns_campaign
         WHERE status IN ('sending', 'paused')
         GROUP BY status
         UNION ALL
        SELECT 'scheduled', count(*)
          FROM campaigns_campaign
         WHERE status = 'scheduled'
    """
    return fetch(sql, {}, Count)


class Number(NamedTuple):
    """A number."""

    value: int


def unknown_recipients() -> int:
    """Recipients whose outcome nobody knows, of campaigns with ambiguous batches. Index: batch_unresolved."""
    sql = """
        SELECT coalesce(sum(p.unknown), 0)::bigint
          FROM campaigns_campaignprogress p
         WHERE p.campaign_id IN (SELECT b.campaign_id
                                   FROM campaigns_sendbatch b
                                  WHERE b.state = 'ambiguous')
    """
    found = fetch_one(sql, {}, Number)
    return found.value if found else 0


class Holds(NamedTuple):
    """Open holds, the credits in them, and seconds since the oldest was made."""

    number: int
    credits: int
    oldest: float | None


def open_holds() -> Holds:
    """What live campaigns hold. Index: reservation_open."""
    sql = """
        SELECT count(*), coalesce(sum(amount - charged - released), 0)::bigint,
               extract(epoch FROM statement_timestamp() - min(created_at))::float
          FROM billing_creditreservation
         WHERE state = 'open'
    """
    return fetch_one(sql, {}, Holds) or Holds(0, 0, None)
