"""Statements of `manage.py doctor` on campaigns: each is one snapshot, shows at most `shown` rows, and locks nothing.

`hours`: campaigns that are live or ended within so many hours; None: every one. A campaign's recipients are found by
the index recipient_phone_once; when most of the table is wanted it is scanned once and hashed.
"""

from billing.drift import Drift
from config.sql import fetch

# What follows a commit by itself (finish, the rest of a hold) may take this long before it is a drift, in seconds.
GRACE = 300


def counters(*, hours: int | None, shown: int) -> list[Drift]:
    """`progress.<status>`: not as many recipients as are counted. Subject: the campaign."""
    sql = """
        WITH scope AS (
            SELECT c.id
              FROM campaigns_campaign c
             WHERE %(hours)s::int IS NULL
                OR c.status IN ('sending', 'paused')
                OR c.finished_at > now() - make_interval(hours => %(hours)s)
        ), counted AS (
            SELECT r.campaign_id, r.status AS name, count(*) AS number
              FROM scope s
              JOIN campaigns_campaignrecipient r ON r.campaign_id = s.id
             GROUP BY r.campaign_id, r.status
        ), kept AS (
            SELECT s.id AS campaign_id, v.name, v.number
              FROM scope s
              LEFT JOIN campaigns_campaignprogress p ON p.campaign_id = s.id
             CROSS JOIN LATERAL (VALUES
                    ('pending', p.pending), ('sent', p.sent), ('delivered', p.delivered),
                    ('undelivered', p.undelivered), ('failed', p.failed), ('skipped', p.skipped),
                    ('unknown', p.unknown), ('unconfirmed', p.unconfirmed), ('cancelled', p.cancelled)
                    ) AS v (name, number)
        )
        SELECT 'progress.' || name, 'campaign:' || campaign_id, coalesce(r.number, 0), coalesce(k.number, 0)
          FROM kept k
          LEFT JOIN counted r USING (campaign_id, name)
         WHERE coalesce(r.number, 0) <> coalesce(k.number, 0)
         ORDER BY campaign_id, name
         LIMIT %(shown)s
    """
    return fetch(sql, {"hours": hours, "shown": shown}, Drift)


def sums(*, hours: int | None, shown: int) -> list[Drift]:
    """`progress.audience`, `.parts_sent`, `.credits_charged`: not the sums of the recipients. Subject: the campaign."""
    sql = """
        WITH scope AS (
            SELECT c.id
              FROM campaigns_campaign c
             WHERE %(hours)s::int IS NULL
                OR c.status IN ('sending', 'paused')
                OR c.finished_at > now() - make_interval(hours => %(hours)s)
        ), counted AS (
            SELECT r.campaign_id, count(*) AS audience, sum(r.charged) AS charged,
                   sum(r.parts) FILTER (WHERE r.status IN ('sent', 'delivered', 'undelivered')) AS parts
              FROM scope s
              JOIN campaigns_campaignrecipient r ON r.campaign_id = s.id
             GROUP BY r.campaign_id
        )
        SELECT 'progress.' || v.name, 'campaign:' || s.id, coalesce(v.expected, 0)::bigint, coalesce(v.found, 0)
          FROM scope s
          LEFT JOIN campaigns_campaignprogress p ON p.campaign_id = s.id
          LEFT JOIN counted r ON r.campaign_id = s.id
         CROSS JOIN LATERAL (VALUES ('audience', r.audience, p.audience),
                                    ('parts_sent', r.parts, p.parts_sent),
                                    ('credits_charged', r.charged, p.credits_charged)) AS v (name, expected, found)
         WHERE coalesce(v.expected, 0) <> coalesce(v.found, 0)
         ORDER BY s.id
         LIMIT %(shown)s
    """
    return fetch(sql, {"hours": hours, "shown": shown}, Drift)


def reasons(*, hours: int | None, shown: int) -> list[Drift]:
    """`reasons.<status>`: not as many recipients as are counted. Subject: the campaign and the reason."""
    sql = """
        WITH scope AS (
            SELECT c.id
              FROM campaigns_campaign c
             WHERE %(hours)s::int IS NULL OR c.status IN ('sending', 'paused')
                OR c.finished_at > now() - make_interval(hours => %(hours)s)
        ), counted AS (
            SELECT r.campaign_id, r.status, r.reason, count(*) AS number
              FROM scope s
              JOIN campaigns_campaignrecipient r ON r.campaign_id = s.id
             WHERE r.status IN ('failed', 'skipped', 'undelivered')
             GROUP BY r.campaign_id, r.status, r.reason
        ), kept AS (
            SELECT k.campaign_id, k.status, k.reason, k.count
              FROM scope s
              JOIN campaigns_reasoncount k ON k.campaign_id = s.id
        )
        SELECT 'reasons.' || status, 'campaign:' || campaign_id || ':' || reason,
               coalesce(r.number, 0), coalesce(k.count, 0)
          FROM counted r
          FULL JOIN kept k USING (campaign_id, status, reason)
         WHERE coalesce(r.number, 0) <> coalesce(k.count, 0)
         ORDER BY campaign_id, status, reason
         LIMIT %(shown)s
    """
    return fetch(sql, {"hours": hours, "shown": shown}, Drift)


def charges(*, hours: int | None, shown: int) -> list[Drift]:
    """`campaign.charged`: recipients were charged (expected) other than the ledger was (found).

    In credits. Indexes: the ledger's reservation, and its unique key for `late:…`.
    """
    sql = """
        WITH scope AS (
            SELECT c.id
              FROM campaigns_campaign c
             WHERE %(hours)s::int IS NULL
                OR c.status IN ('sending', 'paused')
                OR c.finished_at > now() - make_interval(hours => %(hours)s)
        ), holds AS (
            SELECT DISTINCT b.campaign_id, b.reservation_id
              FROM scope s
              JOIN campaigns_sendbatch b ON b.campaign_id = s.id
        ), lines AS (
            SELECT h.campaign_id, 0 AS charged, -e.amount - e.allowance AS billed
              FROM holds h
              JOIN billing_ledgerentry e ON e.reservation_id = h.reservation_id AND e.kind = 'charge'
             UNION ALL
            SELECT r.campaign_id, 0, -e.amount - e.allowance
              FROM billing_ledgerentry e
              JOIN campaigns_campaignrecipient r ON r.id = split_part(e.key, ':', 2)::bigint
             WHERE e.key LIKE 'late:%%' AND e.kind = 'late'
             UNION ALL
            SELECT r.campaign_id, r.charged, 0
              FROM scope s
              JOIN campaigns_campaignrecipient r ON r.campaign_id = s.id
        )
        SELECT 'campaign.charged', 'campaign:' || s.id, sum(l.charged)::bigint, sum(l.billed)::bigint
          FROM scope s
          JOIN lines l ON l.campaign_id = s.id
         GROUP BY s.id
        HAVING sum(l.charged) <> sum(l.billed)
         ORDER BY s.id
         LIMIT %(shown)s
    """
    return fetch(sql, {"hours": hours, "shown": shown}, Drift)


def states(*, hours: int | None, shown: int) -> list[Drift]:
    """`batch.pending`, `batch.unknown`: recipients that wait in a batch which is over. Subject: the batch.

    Nobody waits in one that is done, cancelled or dead; unknown ones may be left in a dead batch. Indexes:
    batch_campaign, the recipients' batch.
    """
    sql = """
        WITH scope AS (
            SELECT c.id
              FROM campaigns_campaign c
             WHERE %(hours)s::int IS NULL OR c.status IN ('sending', 'paused')
                OR c.finished_at > now() - make_interval(hours => %(hours)s)
        )
        SELECT 'batch.' || r.status, 'batch:' || b.id, 0, count(*)
          FROM scope s
          JOIN campaigns_sendbatch b ON b.campaign_id = s.id
          JOIN campaigns_campaignrecipient r ON r.batch_id = b.id
         WHERE (r.status = 'pending' AND b.state IN ('done', 'cancelled', 'dead', 'ambiguous'))
            OR (r.status = 'unknown' AND b.state IN ('done', 'cancelled'))
         GROUP BY r.status, b.id
         ORDER BY b.id
         LIMIT %(shown)s
    """
    return fetch(sql, {"hours": hours, "shown": shown}, Drift)


def orphan_batches(*, hours: int | None, shown: int) -> list[Drift]:
    """`batch.campaign`, `.store`, `.reservation`: batches of no campaign, of another store, without a hold.

    Reads all batches, whatever `hours`: who belongs to nobody is in no scope. Subject: the campaign's id they name.
    """
    sql = """
        SELECT v.name, 'campaign:' || b.campaign_id, 0, count(*)
          FROM campaigns_sendbatch b
          LEFT JOIN campaigns_campaign c ON c.id = b.campaign_id
          LEFT JOIN billing_creditreservation h ON h.id = b.reservation_id
         CROSS JOIN LATERAL (VALUES ('batch.campaign', c.id IS NULL),
                                    ('batch.store', c.store_id <> b.store_id),
                                    ('batch.reservation', h.id IS NULL)) AS v (name, wrong)
         WHERE v.wrong
         GROUP BY v.name, b.campaign_id
         ORDER BY b.campaign_id, v.name
         LIMIT %(shown)s
    """
    return fetch(sql, {"shown": shown}, Drift)


def orphan_recipients(*, hours: int | None, shown: int) -> list[Drift]:
    """`recipient.batch`, `.store`, `.contact`: recipients of no batch of their campaign, of another store, of nobody.

    Subject: the campaign that they name; one that does not exist is looked for without `hours` only.
    """
    sql = """
        WITH scope AS (
            SELECT c.id
              FROM campaigns_campaign c
             WHERE c.status IN ('sending', 'paused')
                OR c.finished_at > now() - make_interval(hours => %(hours)s)
        )
        SELECT v.name, 'campaign:' || r.campaign_id, 0, count(*)
          FROM campaigns_campaignrecipient r
          LEFT JOIN campaigns_sendbatch b ON b.id = r.batch_id
          LEFT JOIN campaigns_campaign c ON c.id = r.campaign_id
          LEFT JOIN audiences_contact p ON p.id = r.contact_id
         CROSS JOIN LATERAL (VALUES
                ('recipient.campaign', c.id IS NULL),
                ('recipient.batch', b.id IS NULL OR b.campaign_id <> r.campaign_id),
                ('recipient.store', b.store_id <> r.store_id),
                ('recipient.contact', r.contact_id IS NOT NULL AND (p.id IS NULL OR p.store_id <> r.store_id))
                ) AS v (name, wrong)
         WHERE (%(hours)s::int IS NULL OR r.campaign_id IN (SELECT s.id FROM scope s))
           AND v.wrong
         GROUP BY v.name, r.campaign_id
         ORDER BY r.campaign_id, v.name
         LIMIT %(shown)s
    """
    return fetch(sql, {"hours": hours, "shown": shown}, Drift)


def holds(*, hours: int | None, shown: int) -> list[Drift]:
    """`hold.short`, `hold.unneeded`, `hold.campaign`: it has (found) other than open recipients need (expected).

    More than needed is a drift only of a campaign that ended GRACE seconds ago, with nobody open: it should be closed;
    and of a campaign that does not exist. Indexes: batch_campaign, the recipients' batch, reservation_open.
    """
    sql = """
        WITH scope AS (
            SELECT c.id, c.status NOT IN ('sending', 'paused')
                         AND c.finished_at < now() - make_interval(secs => %(grace)s) AS ended
              FROM campaigns_campaign c
             WHERE %(hours)s::int IS NULL
                OR c.status IN ('sending', 'paused')
                OR c.finished_at > now() - make_interval(hours => %(hours)s)
        ), needed AS (
            SELECT b.reservation_id, sum(r.credits) AS credits
              FROM scope s
              JOIN campaigns_sendbatch b ON b.campaign_id = s.id
              JOIN campaigns_campaignrecipient r ON r.batch_id = b.id
             WHERE r.status IN ('pending', 'unknown')
             GROUP BY b.reservation_id
        ), hold AS (
            SELECT h.id, h.state, h.amount - h.charged - h.released AS remaining,
                   split_part(h.key, ':', 2)::bigint AS campaign_id
              FROM billing_creditreservation h
             WHERE h.key LIKE 'campaign:%%'
        )
        SELECT v.name, 'reservation:' || h.id, coalesce(n.credits, 0)::bigint, h.remaining
          FROM hold h
          LEFT JOIN campaigns_campaign c ON c.id = h.campaign_id
          LEFT JOIN scope s ON s.id = h.campaign_id
          LEFT JOIN needed n ON n.reservation_id = h.id
         CROSS JOIN LATERAL (VALUES ('hold.short', n.credits > h.remaining),
                                    ('hold.unneeded', h.state = 'open' AND n.credits IS NULL AND s.ended),
                                    ('hold.campaign', h.state = 'open' AND c.id IS NULL)) AS v (name, wrong)
         WHERE v.wrong
         ORDER BY h.id
         LIMIT %(shown)s
    """
    return fetch(sql, {"hours": hours, "grace": GRACE, "shown": shown}, Drift)


def stuck(*, hours: int | None, shown: int, grace: int = GRACE) -> list[Drift]:
    """`campaign.stuck`: live, everybody written down, but no batch is open and none was for `grace` seconds.

    Found: the recipients that it counts as pending. Indexes: campaign_live, batch_campaign.
    """
    sql = """
        SELECT 'campaign.stuck', 'campaign:' || c.id, 0, coalesce(p.pending, 0)
          FROM campaigns_campaign c
          JOIN campaigns_campaignsnapshot s ON s.campaign_id = c.id
          LEFT JOIN campaigns_campaignprogress p ON p.campaign_id = c.id
         WHERE c.status IN ('sending', 'paused')
           AND s.done_at < now() - make_interval(secs => %(grace)s)
           AND NOT EXISTS (SELECT
                             FROM campaigns_sendbatch b
                            WHERE b.campaign_id = c.id
                              AND (b.state IN ('ready', 'claimed', 'calling')
                                   OR b.settled_at > now() - make_interval(secs => %(grace)s)))
         ORDER BY c.id
         LIMIT %(shown)s
    """
    return fetch(sql, {"grace": grace, "shown": shown}, Drift)
