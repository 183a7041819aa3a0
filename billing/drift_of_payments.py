"""Where payments, plans and links between entries disagree with the ledger. Each check is one statement."""

from billing.found import SHOWN, Drift
from billing.models import Subscription
from billing.subscriptions import grant_period, locked
from config.audit import Actor, record
from config.sql import fetch

# What a sweep does by itself may take this long before it is a drift, in seconds.
GRACE = 3600


def purchases() -> list[Drift]:
    """`payment.purchase`: a paid package is not in the ledger with its credits. `entry.payment`: no paid payment.

    Index: the ledger's key, of which `stripe:…` is a range.
    """
    sql = """
        WITH bought AS (
            SELECT e.id, e.key, e.amount
              FROM billing_ledgerentry e
             WHERE e.key LIKE 'stripe:%%'
               AND e.kind = 'purchase'
        ), paid AS (
            SELECT p.id, 'stripe:' || p.session AS key, p.credits
              FROM billing_payment p
             WHERE p.status = 'paid'
               AND p.kind = 'package'
        )
        SELECT CASE WHEN p.id IS NULL THEN 'entry.payment' ELSE 'payment.purchase' END,
               COALESCE('payment:' || p.id, 'entry:' || b.id),
               COALESCE(p.credits, 0)::bigint, COALESCE(b.amount, 0)
          FROM paid p
          FULL JOIN bought b ON b.key = p.key
         WHERE COALESCE(p.credits, 0) <> COALESCE(b.amount, 0)
         ORDER BY 1, 2
         LIMIT %(shown)s
    """
    return fetch(sql, {"shown": SHOWN}, Drift)


def reversals() -> list[Drift]:
    """`payment.taken`: not what reversals of its purchase took back. Indexes: the ledger's key, ledger_refunds."""
    sql = """
        SELECT 'payment.taken', 'payment:' || p.id, -COALESCE(SUM(r.amount), 0)::bigint, p.credits_taken::bigint
          FROM billing_payment p
          LEFT JOIN billing_ledgerentry e ON e.key = 'stripe:' || p.session
          LEFT JOIN billing_ledgerentry r ON r.refers_to_id = e.id AND r.kind = 'reversal'
         WHERE p.status = 'paid'
         GROUP BY p.id
        HAVING -COALESCE(SUM(r.amount), 0) <> p.credits_taken
         ORDER BY p.id
         LIMIT %(shown)s
    """
    return fetch(sql, {"shown": SHOWN}, Drift)


def links() -> list[Drift]:
    """`entry.refers_to`: a refund or a reversal of nothing, or of an entry of another account (found: that entry).

    One parallel scan of the ledger; of what refers to something, the entry by its primary key.
    """
    sql = """
        SELECT 'entry.refers_to', 'entry:' || e.id, 0::bigint, COALESCE(e.refers_to_id, 0)
          FROM billing_ledgerentry e
          LEFT JOIN billing_ledgerentry d ON d.id = e.refers_to_id
         WHERE e.kind IN ('refund', 'reversal')
           AND (d.id IS NULL OR d.account_id <> e.account_id)
         LIMIT %(shown)s
    """
    return fetch(sql, {"shown": SHOWN}, Drift)


def plans() -> list[Drift]:
    """`subscription.allowance`: the free credits of its period were not granted. `subscription.period`: it is over.

    Found of the latter: hours ago. The first is derivable, the second is a sweep's that does not run.
    """
    sql = """
        SELECT v.name, 'subscription:' || s.id, v.expected, v.found
          FROM billing_subscription s
          JOIN billing_plan p ON p.id = s.plan_id
          LEFT JOIN billing_ledgerentry e
            ON e.key = 'allowance:' || s.id || ':' || s.plan_id || ':'
                       || to_char(s.period_start AT TIME ZONE 'UTC', 'YYYYMMDD"T"HH24MISS.US')
         CROSS JOIN LATERAL (VALUES
                ('subscription.allowance', p.allowance::bigint, 0::bigint, e.id IS NULL),
                ('subscription.period', 0, (EXTRACT(epoch FROM now() - s.period_end) / 3600)::bigint,
                 s.managed_by = 'staff' AND s.period_end < now() - make_interval(secs => %(grace)s))
                ) AS v (name, expected, found, wrong)
         WHERE s.status IN ('trialing', 'active')
           AND v.wrong
         ORDER BY s.id, v.name
         LIMIT %(shown)s
    """
    return fetch(sql, {"shown": SHOWN, "grace": GRACE}, Drift)


def grant_missing(subscription_id: int, *, actor: Actor) -> bool:
    """Grant the free credits of a live subscription's period, if they were not. In the caller's transaction."""
    store_id = Subscription.objects.filter(pk=subscription_id).values_list("store_id", flat=True).first()
    row = locked(store_id) if store_id else None
    if row is None or not row.may_send or not grant_period(row):
        return False
    record("subscription.repair", actor=actor, subject=f"subscription:{row.pk}", store_id=row.store_id)
    return True
