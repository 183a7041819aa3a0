"""The part of `manage.py doctor` above the campaigns: nobody counts as sent without a line that proves it; clicks."""

from functools import partial

from billing.drift import SHOWN, Drift, unhurried
from config.sql import fetch
from messaging.drift_of_clicks import NAMES, clicks, repair


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


CHECKS = (evidence, clicks)


def find_drift(*, hours: int | None) -> list[Drift]:
    """As `campaigns.drift.find_drift`, of the message log and of clicks."""
    return [drift for check in CHECKS for drift in unhurried(partial(check, hours=hours))]


def derivable(drift: Drift) -> bool:
    """Whether the number follows from other rows."""
    return drift.name in NAMES


__all__ = ["CHECKS", "clicks", "derivable", "evidence", "find_drift", "repair"]
