"""The part of `manage.py doctor` above the campaigns: nobody is sent without a line, no line about nobody; clicks.

The log has no foreign keys, since each message would pay for their checks; what they would refuse is looked for here.
"""

from functools import partial

from billing.drift import SHOWN, Drift, unhurried
from config.sql import fetch
from messaging.drift_of_clicks import NAMES, clicks, repair

RECENT_LINES = 500_000


def evidence(*, hours: int | None, shown: int = SHOWN) -> list[Drift]:
    """`recipient.evidence`: accepted, but no attempt, receipt or decision in the log says so. Subject: the campaign.

    Found: recipients. `hours`: of campaigns that are live or ended within so many; None: of all. Indexes:
    recipient_phone_once, log_recipient; when most of both tables is wanted they are hashed.
    """
    sql = """
        WITH scope AS (
            SELECT c.id
              FROM campaigns_campaign c
             WHERE %(hours)s::int IS NULL
                OR c.status IN ('sending', 'paused')
                OR c.finished_at > now() - make_interval(hours => %(hours)s)
        )
        SELECT 'recipient.evidence', 'campaign:' || r.campaign_id, 0, count(*)
          FROM scope s
          JOIN campaigns_campaignrecipient r ON r.campaign_id = s.id
         WHERE r.status IN ('sent', 'delivered', 'undelivered')
           AND NOT EXISTS (SELECT
                             FROM messaging_messagelog l
                            WHERE l.recipient_id = r.id
                              AND (l.kind = 'receipt'
                                   OR (l.kind IN ('attempt', 'decision') AND l.outcome = 'accepted')))
         GROUP BY r.campaign_id
         ORDER BY r.campaign_id
         LIMIT %(shown)s
    """
    return fetch(sql, {"hours": hours, "shown": shown}, Drift)


def orphans(*, hours: int | None, shown: int = SHOWN) -> list[Drift]:
    """`log.recipient`, `.campaign`, `.store`: lines about nobody, or not about whom they name.

    Subject: the campaign that they name. Found: lines. With `hours` the newest RECENT_LINES; else all. Indexes: the
    log's primary key, the recipients'; when most of both tables is wanted they are hashed.
    """
    sql = """
        SELECT v.name, 'campaign:' || coalesce(l.campaign_id, 0), 0, count(*)
          FROM messaging_messagelog l
          LEFT JOIN campaigns_campaignrecipient r ON r.id = l.recipient_id
         CROSS JOIN LATERAL (VALUES
                ('log.recipient', l.recipient_id IS NOT NULL AND r.id IS NULL),
                ('log.campaign', r.campaign_id <> l.campaign_id),
                ('log.store', r.store_id <> l.store_id)) AS v (name, wrong)
         WHERE (%(hours)s::int IS NULL
                OR l.id > (SELECT coalesce(max(n.id), 0) - %(lines)s FROM messaging_messagelog n))
           AND v.wrong
         GROUP BY v.name, l.campaign_id
         ORDER BY l.campaign_id, v.name
         LIMIT %(shown)s
    """
    return fetch(sql, {"hours": hours, "lines": RECENT_LINES, "shown": shown}, Drift)


CHECKS = (evidence, orphans, clicks)


def find_drift(*, hours: int | None) -> list[Drift]:
    """As `campaigns.drift.find_drift`, of the message log and of clicks."""
    return [drift for check in CHECKS for drift in unhurried(partial(check, hours=hours))]


def derivable(drift: Drift) -> bool:
    """Whether the number follows from other rows."""
    return drift.name in NAMES


__all__ = ["CHECKS", "clicks", "derivable", "evidence", "find_drift", "repair"]
