"""Statements that end a campaign."""

from typing import NamedTuple

from config.sql import fetch, fetch_one


class Ended(NamedTuple):
    """A campaign that was just finished: its status before and now."""

    before: str
    status: str


class CampaignId(NamedTuple):
    """A campaign."""

    campaign_id: int


class Credits(NamedTuple):
    """A sum of credits."""

    credits: int


def finish_if_drained(campaign_id: int) -> Ended | None:
    """sending or paused -> completed or failed, if everybody is written down and nothing is open.

    `failed`: nothing accepted and at least one failure. The conditions are in the UPDATE itself, so that the campaign's
    row is locked only when it ends. None when it is not drained or somebody else finished it.
    """
    sql = """
        UPDATE campaigns_campaign c
           SET status = CASE WHEN p.failed > 0
                              AND p.sent + p.delivered + p.undelivered + p.unknown + p.unconfirmed = 0
                             THEN 'failed' ELSE 'completed' END,
               reason = '',
               finished_at = now(),
               updated_at = now()
          FROM campaigns_campaignprogress p, campaigns_campaignsnapshot s, campaigns_campaign o
         WHERE c.id = %(campaign_id)s
           AND o.id = c.id
           AND p.campaign_id = c.id
           AND s.campaign_id = c.id
           AND s.done_at IS NOT NULL
           AND p.pending = 0
           AND c.status IN ('sending', 'paused')
           AND NOT EXISTS (SELECT
                             FROM campaigns_sendbatch b
                            WHERE b.campaign_id = c.id
                              AND b.state IN ('ready', 'claimed', 'calling'))
        RETURNING o.status, c.status
    """
    return fetch_one(sql, {"campaign_id": campaign_id}, Ended)


class Standing(NamedTuple):
    """`live`: sending or paused; `drained`: everybody is written down, and nobody pending."""

    live: bool
    drained: bool


def standing(campaign_id: int) -> Standing:
    """Where the campaign stands, by primary keys, without a lock."""
    sql = """
        SELECT c.status IN ('sending', 'paused'), p.pending = 0 AND s.done_at IS NOT NULL
          FROM campaigns_campaign c
          JOIN campaigns_campaignprogress p ON p.campaign_id = c.id
          JOIN campaigns_campaignsnapshot s ON s.campaign_id = c.id
         WHERE c.id = %(campaign_id)s
    """
    return fetch(sql, {"campaign_id": campaign_id}, Standing, kept=True)[0]


def drained_campaigns(limit: int) -> list[int]:
    """Campaigns that are live although nothing is pending. Indexes: campaign_live, progress by key."""
    sql = """
        SELECT c.id
          FROM campaigns_campaign c
          JOIN campaigns_campaignprogress p ON p.campaign_id = c.id
          JOIN campaigns_campaignsnapshot s ON s.campaign_id = c.id
         WHERE c.status IN ('sending', 'paused')
           AND p.pending = 0
           AND s.done_at IS NOT NULL
         ORDER BY c.id
         LIMIT %(limit)s
    """
    return [row.campaign_id for row in fetch(sql, {"limit": limit}, CampaignId)]


def open_credits(*, campaign_id: int, reservation_id: int) -> int:
    """Credits of the reservation's recipients that may still be billed: pending and unknown ones."""
    sql = """
        SELECT coalesce(sum(r.credits), 0)::bigint
          FROM campaigns_sendbatch b
          JOIN campaigns_campaignrecipient r ON r.batch_id = b.id
         WHERE b.campaign_id = %(campaign_id)s
           AND b.reservation_id = %(reservation_id)s
           AND b.state IN ('ready', 'claimed', 'calling', 'ambiguous', 'dead')
           AND r.status IN ('pending', 'unknown')
    """
    row = fetch_one(sql, {"campaign_id": campaign_id, "reservation_id": reservation_id}, Credits)
    return row.credits if row else 0


def ended_with_open_holds(*, limit: int) -> list[int]:
    """Campaigns that have ended, have nobody unknown, and still hold credits. Index: reservation_open."""
    sql = """
        SELECT DISTINCT c.id
          FROM billing_creditreservation h
          JOIN campaigns_campaign c
            ON c.id = split_part(h.key, ':', 2)::bigint
          LEFT JOIN campaigns_campaignprogress p
            ON p.campaign_id = c.id
         WHERE h.state = 'open'
           AND h.key LIKE 'campaign:%%'
           AND c.status NOT IN ('sending', 'paused')
           AND coalesce(p.unknown, 0) = 0
         ORDER BY c.id
         LIMIT %(limit)s
    """
    return [row.campaign_id for row in fetch(sql, {"limit": limit}, CampaignId)]


class Closed(NamedTuple):
    """A batch that was just closed."""

    batch_id: int
    campaign_id: int


def take_batch_of_cancelled() -> Closed | None:
    """ready -> cancelled for one batch of a cancelled campaign; its recipients follow in the same transaction.

    A batch with unknown recipients of an earlier hand-over becomes ambiguous instead: they keep their credits.
    Index: batch_ready (the ready batches are few). None when there is none.
    """
    sql = """
        UPDATE campaigns_sendbatch b
           SET settled_at = now(),
               state = CASE WHEN (SELECT r.id
                                    FROM campaigns_campaignrecipient r
                                   WHERE r.batch_id = b.id
                                     AND r.status = 'unknown'
                                   LIMIT 1) IS NULL
                            THEN 'cancelled' ELSE 'ambiguous' END
         WHERE b.id = (SELECT n.id
                         FROM campaigns_sendbatch n
                         JOIN campaigns_campaign c
                           ON c.id = n.campaign_id
                          AND c.status = 'cancelled'
                        WHERE n.state = 'ready'
                        ORDER BY n.id
                        LIMIT 1
                          FOR UPDATE OF n SKIP LOCKED)
        RETURNING b.id, b.campaign_id
    """
    return fetch_one(sql, {}, Closed)
