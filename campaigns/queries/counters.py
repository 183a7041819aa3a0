"""All counters of a campaign in one statement: what progress is made of."""

from datetime import datetime
from typing import NamedTuple

from config.sql import fetch_one


class Counters(NamedTuple):
    """A campaign's row, quote, snapshot, progress, open holds and batches at workers, as of one moment.

    `in_flight`: pending recipients of batches at a worker, never more than `pending` says; `held`: credits in the open
    holds of all its runs; `reasons`: [status, reason, count], the most first.
    """

    status: str
    reason: str
    by_local_clock: bool
    time_zone: str
    expected: int
    parts_expected: int
    prepared_at: datetime | None
    audience: int
    pending: int
    sent: int
    delivered: int
    undelivered: int
    failed: int
    skipped: int
    unknown: int
    unconfirmed: int
    cancelled: int
    parts_sent: int
    credits_charged: int
    version: int
    retried: int
    retry_sent: int
    clicks: int
    human_clicks: int
    clickers: int
    settled_at: datetime | None
    first_sent_at: datetime | None
    last_sent_at: datetime | None
    held: int
    in_flight: int
    reasons: list[tuple[str, str, int]]


def counters(campaign_id: int) -> Counters | None:
    """The campaign's counters; None when there is no such campaign. Constant in the size of the campaign.

    Primary keys; the holds by the prefix of their unique key; batch_open, then the recipients' batch, for the few
    batches at workers.
    """
    sql = """
        SELECT c.status, c.reason, c.local_at <> '', s.time_zone,
               coalesce(q.recipients, 0), coalesce(q.parts, 0), n.done_at,
               coalesce(p.audience, 0), coalesce(p.pending, 0), coalesce(p.sent, 0), coalesce(p.delivered, 0),
               coalesce(p.undelivered, 0), coalesce(p.failed, 0), coalesce(p.skipped, 0), coalesce(p.unknown, 0),
               coalesce(p.unconfirmed, 0), coalesce(p.cancelled, 0), coalesce(p.parts_sent, 0),
               coalesce(p.credits_charged, 0), coalesce(p.version, 0), coalesce(p.retried, 0),
               coalesce(p.retry_sent, 0), coalesce(p.clicks, 0), coalesce(p.human_clicks, 0), coalesce(p.clickers, 0),
               p.settled_at, p.first_sent_at, p.last_sent_at,
               (SELECT coalesce(sum(r.amount - r.charged - r.released), 0)::bigint
                  FROM billing_creditreservation r
                 WHERE r.key LIKE %(holds)s
                   AND r.state = 'open'),
               least((SELECT count(*)
                        FROM campaigns_sendbatch b
                        JOIN campaigns_campaignrecipient w
                          ON w.batch_id = b.id
                         AND w.status = 'pending'
                       WHERE b.campaign_id = c.id
                         AND b.state IN ('claimed', 'calling')),
                     coalesce(p.pending, 0)),
               (SELECT coalesce(json_agg(json_build_array(o.status, o.reason, o.count)
                                         ORDER BY o.count DESC, o.reason), '[]')
                  FROM campaigns_reasoncount o
                 WHERE o.campaign_id = c.id
                   AND o.count <> 0)
          FROM campaigns_campaign c
          JOIN audiences_store s ON s.id = c.store_id
          LEFT JOIN campaigns_quote q ON q.id = c.quote_id
          LEFT JOIN campaigns_campaignsnapshot n ON n.campaign_id = c.id
          LEFT JOIN campaigns_campaignprogress p ON p.campaign_id = c.id
         WHERE c.id = %(campaign_id)s
    """
    return fetch_one(sql, {"campaign_id": campaign_id, "holds": f"campaign:{campaign_id}:%"}, Counters)
