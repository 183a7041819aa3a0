"""What the first page counts: open work by partial indexes, and stored minutes. Never recipients, log or receipts."""

from datetime import datetime
from typing import NamedTuple

from config.sql import fetch

# A backlog is counted up to here: beyond it the exact number helps nobody, and the count would take its time.
MOST = 100_000


class Gauges(NamedTuple):
    """Open work now. Ages (`…_due`): seconds since the oldest became due, None when nothing is."""

    ready: int
    ready_due: float | None
    claimed: int
    calling: int
    ambiguous: int
    dead: int
    unknown: int
    receipts: int
    unmatched: int
    receipts_due: float | None
    texts: int
    texts_due: float | None
    imports: int
    imports_due: float | None
    hooks: int
    hooks_due: float | None
    holds: int
    held: int
    stopped_stores: int
    billing_holds: int


GAUGES = """
    SELECT (SELECT count(*) FROM campaigns_sendbatch WHERE state = 'ready'),
           (SELECT extract(epoch FROM statement_timestamp() - min(b.ready_at))::float
              FROM campaigns_campaign c
              JOIN audiences_store s ON s.id = c.store_id
             CROSS JOIN LATERAL (SELECT ready_at
                                   FROM campaigns_sendbatch
                                  WHERE campaign_id = c.id
                                    AND state = 'ready'
                                  ORDER BY ready_at, id
                                  LIMIT 1) b
             WHERE c.status = 'sending'
               AND s.status = 'active'
               AND NOT s.sending_stopped
               AND b.ready_at <= statement_timestamp()),
           (SELECT count(*) FROM campaigns_sendbatch WHERE state = 'claimed'),
           (SELECT count(*) FROM campaigns_sendbatch WHERE state = 'calling'),
           (SELECT count(*) FROM campaigns_sendbatch WHERE state = 'ambiguous'),
           (SELECT count(*) FROM campaigns_sendbatch WHERE state = 'dead' AND resolution = ''),
           (SELECT coalesce(sum(p.unknown), 0)::bigint
              FROM campaigns_campaignprogress p
             WHERE p.campaign_id IN (SELECT campaign_id
                                       FROM campaigns_sendbatch
                                      WHERE state IN ('ambiguous', 'dead'))),
           r.number, r.unmatched,
           (SELECT extract(epoch FROM statement_timestamp() - min(next_try_at))::float
              FROM messaging_receipt
             WHERE applied_at IS NULL
               AND next_try_at <= statement_timestamp()),
           i.number, i.due, a.number + n.number, greatest(a.due, n.due), h.number, h.due, o.number, o.held,
           (SELECT count(*) FROM audiences_store WHERE sending_stopped),
           (SELECT count(*) FROM billing_creditaccount WHERE hold_since IS NOT NULL)
      FROM (SELECT count(*) AS number, count(*) FILTER (WHERE tries > 0) AS unmatched
              FROM (SELECT tries FROM messaging_receipt WHERE applied_at IS NULL LIMIT %(most)s) w) r
     CROSS JOIN (SELECT count(*) AS number,
                        extract(epoch FROM statement_timestamp() - min(next_try_at))::float AS due
                   FROM (SELECT next_try_at FROM messaging_inboundmessage
                          WHERE applied_at IS NULL LIMIT %(most)s) w) i
     CROSS JOIN (SELECT count(*) AS number,
                        extract(epoch FROM statement_timestamp() - min(touched_at))::float AS due
                   FROM audiences_contactimport
                  WHERE status IN ('pending', 'running')) a
     CROSS JOIN (SELECT count(*) AS number,
                        extract(epoch FROM statement_timestamp() - min(touched_at))::float AS due
                   FROM campaigns_campaignsnapshot
                  WHERE done_at IS NULL) n
     CROSS JOIN (SELECT count(*) AS number,
                        extract(epoch FROM statement_timestamp() - min(next_try_at))::float AS due
                   FROM (SELECT next_try_at FROM messaging_webhookdelivery
                          WHERE state = 'pending' LIMIT %(most)s) w) h
     CROSS JOIN (SELECT count(*) AS number, coalesce(sum(amount - charged - released), 0)::bigint AS held
                   FROM billing_creditreservation
                  WHERE state = 'open') o
"""


def gauges() -> Gauges:
    """All of it in one statement of probes; backlogs are counted up to MOST.

    Indexes: batch_ready, batch_open, batch_unresolved, batch_dead, campaign_live, receipt_waiting, inbound_waiting,
    import_open, snapshot_open, webhookdelivery_pending, reservation_open. Stores and accounts are read: some thousands.
    Recipients are unknown in batches that are ambiguous or dead alone, so only those campaigns' counters are looked at.
    """
    [found] = fetch(GAUGES, {"most": MOST}, Gauges)
    return found


class Minute(NamedTuple):
    """What came to be in one minute, in all campaigns."""

    at: datetime
    sent: int
    delivered: int
    failed: int


def minutes(*, since: datetime) -> list[Minute]:
    """Minutes from `since` on in which anything happened, oldest first. Index: campaignminute_minute."""
    sql = """
        SELECT minute, sum(sent)::bigint, sum(delivered)::bigint, sum(undelivered + failed)::bigint
          FROM campaigns_campaignminute
         WHERE minute >= %(since)s
         GROUP BY minute
         ORDER BY minute
    """
    return fetch(sql, {"since": since}, Minute)
