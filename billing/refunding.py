"""Credits back for messages that were charged and never arrived: by a policy per store, once per recipient.

The policy names the failures for which a store gets its credits back; staff sets it. A refund is an entry of its own,
linked to the debit, under the key `refund:<recipient>`.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from billing.models import CreditAccount
from billing.services import account_of
from config.audit import Actor, record
from config.problems import invalid
from config.sql import execute, records

# Why a message can stay undelivered; the words are those of campaigns' error classes.
REFUNDABLE = ("invalid_number", "blocked_by_carrier", "unreachable", "provider_rejected", "expired", "other")


class Wanted(NamedTuple):
    """Credits to give back to whom. The charge is in `own_debit` if there is such an entry, else in `batch_debit`."""

    recipient_id: int
    credits: int
    own_debit: str
    batch_debit: str


def set_refund_policy(*, store_id: int, reasons: Sequence[str], actor: Actor, reason: str) -> None:
    """For which failures the store gets credits back, of messages that failed within the last day or will.

    Raises InvalidFields for a word that is not in REFUNDABLE.
    """
    if unknown := sorted(set(reasons) - set(REFUNDABLE)):
        raise invalid("/reasons", f"There is no such failure: {', '.join(unknown)}.", code="unknown_reason")
    account_of(store_id)
    chosen = sorted(set(reasons))
    with transaction.atomic():
        CreditAccount.objects.filter(store_id=store_id).update(refund_on=chosen, updated_at=timezone.now())
        subject = f"store:{store_id}"
        record("billing.refund_policy", actor=actor, subject=subject, store_id=store_id, reason=reason, reasons=chosen)


def policies() -> dict[int, frozenset[str]]:
    """Stores with a policy, and the failures that they get credits back for. Index: account_refunds."""
    rows = CreditAccount.objects.exclude(refund_on=[]).values_list("store_id", "refund_on")
    return {store_id: frozenset(reasons) for store_id, reasons in rows}


def refund_all(*, store_id: int, wanted: Iterable[Wanted]) -> int:
    """Give back what is wanted of one store's debits; who was refunded before, or never charged, is left out.

    Bought credits first, as far as the debit took any, then the allowance's. Returns how many were refunded. Two
    statements: the account is locked by the first, so the second sees every refund before it. Indexes: the ledger's
    key, ledger_refunds.
    """
    rows = list(wanted)
    if not rows:
        return 0
    with transaction.atomic():
        account = CreditAccount.objects.select_for_update(no_key=True).filter(store_id=store_id).first()
        return _refund(account.pk, rows) if account else 0


def _refund(account_id: int, rows: Sequence[Wanted]) -> int:
    sql = """
        WITH asked AS (
            SELECT o.recipient_id, o.credits, COALESCE(own.id, whole.id) AS debit_id,
                   SUM(o.credits) OVER (PARTITION BY COALESCE(own.id, whole.id) ORDER BY o.recipient_id) AS upto
              FROM json_to_recordset(%(rows)s)
                   AS o (recipient_id bigint, credits bigint, own_debit text, batch_debit text)
              LEFT JOIN billing_ledgerentry own ON own.key = o.own_debit
              LEFT JOIN billing_ledgerentry whole ON whole.key = o.batch_debit
             WHERE COALESCE(own.account_id, whole.account_id) = %(account_id)s
               AND NOT EXISTS (SELECT
                                 FROM billing_ledgerentry e
                                WHERE e.key = 'refund:' || o.recipient_id)
        ), open AS (
            SELECT d.id, d.reservation_id,
                   -d.amount - COALESCE(SUM(f.amount), 0) AS credits,
                   -d.allowance - COALESCE(SUM(f.allowance), 0) AS allowance
              FROM billing_ledgerentry d
              LEFT JOIN billing_ledgerentry f ON f.refers_to_id = d.id
             WHERE d.id IN (SELECT a.debit_id FROM asked a)
             GROUP BY d.id
        ), split AS (
            SELECT a.recipient_id, a.debit_id, a.credits,
                   LEAST(a.upto, o.credits) - LEAST(a.upto - a.credits, o.credits) AS bought
              FROM asked a
              JOIN open o ON o.id = a.debit_id
             WHERE a.upto <= o.credits + o.allowance
        ), entries AS (
            INSERT INTO billing_ledgerentry
                   (account_id, kind, amount, allowance, balance_after, key, refers_to_id, label, actor, created_at)
            SELECT %(account_id)s, 'refund', s.bought, s.credits - s.bought,
                   a.balance + SUM(s.bought) OVER (ORDER BY s.recipient_id),
                   'refund:' || s.recipient_id, s.debit_id, 'A message that never arrived', 'system', now()
              FROM split s
              JOIN billing_creditaccount a ON a.id = %(account_id)s
             ORDER BY s.recipient_id
            RETURNING amount, allowance
        ), total AS (
            SELECT COALESCE(SUM(e.amount), 0) AS credits, COALESCE(SUM(e.allowance), 0) AS allowance, COUNT(*) AS number
              FROM entries e
        ), paid AS (
            UPDATE billing_creditaccount a
               SET balance = a.balance + t.credits,
                   allowance = a.allowance + t.allowance,
                   overdraft = GREATEST(0, a.held - a.balance - t.credits),
                   updated_at = now()
              FROM total t
             WHERE a.id = %(account_id)s
               AND t.number > 0
        )
        SELECT e.amount FROM entries e
    """
    return execute(sql, {"account_id": account_id, "rows": records(rows)})
