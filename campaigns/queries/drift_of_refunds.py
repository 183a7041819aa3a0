"""The doctor's look at refunds, beside `campaigns.queries.drift`."""

from billing.drift import Drift
from config.sql import fetch


def refunds(*, hours: int | None, shown: int) -> list[Drift]:
    """`recipient.refund`: a recipient's refund is not what was charged (expected), or of nobody.

    Reads all refunds of recipients, whatever `hours`: there are few. Index: the ledger's key, of which `refund:…` is a
    range; then the recipients' primary key.
    """
    sql = """
        WITH refund AS (
            SELECT split_part(e.key, ':', 2)::bigint AS recipient_id, e.amount + e.allowance AS credits
              FROM billing_ledgerentry e
             WHERE e.key LIKE 'refund:%%'
               AND e.key ~ '^refund:[0-9]+$'
        )
        SELECT 'recipient.refund', 'recipient:' || f.recipient_id, COALESCE(r.charged, 0)::bigint, f.credits
          FROM refund f
          LEFT JOIN campaigns_campaignrecipient r ON r.id = f.recipient_id
         WHERE COALESCE(r.charged, 0) <> f.credits
         ORDER BY f.recipient_id
         LIMIT %(shown)s
    """
    return fetch(sql, {"shown": shown}, Drift)
