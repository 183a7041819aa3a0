"""The money half of `manage.py doctor`: where the books disagree with themselves, and what can be derived again.

Every check is one statement, hence one snapshot: a send that goes on meanwhile is not a drift. Four of them read the
whole ledger, once each: see docs/billing.md for what ten million entries take.
"""

from collections.abc import Callable
from typing import NamedTuple

from django.db import transaction

from billing.drift_of_payments import grant_missing, links, plans, purchases, reversals
from billing.found import SHOWN, Drift
from billing.models import CreditAccount
from config.audit import SYSTEM, Actor, record
from config.sql import execute, fetch, fetch_one

DERIVED = ("account.held", "account.allowance_held", "account.overdraft", "subscription.allowance")


class OpenHolds(NamedTuple):
    """What the open reservations of an account still hold, in credits of either kind."""

    credits: int
    allowance: int


def balances() -> list[Drift]:
    """`account.balance`, `account.allowance`: not the sum of the ledger. One parallel scan of it, hashed by account."""
    sql = """
        WITH ledger AS (
            SELECT e.account_id, SUM(e.amount) AS amount, SUM(e.allowance) AS allowance
              FROM billing_ledgerentry e
             GROUP BY e.account_id
        )
        SELECT v.name, 'account:' || a.id, v.expected::bigint, v.found
          FROM billing_creditaccount a
          LEFT JOIN ledger l ON l.account_id = a.id
         CROSS JOIN LATERAL (VALUES ('account.balance', COALESCE(l.amount, 0), a.balance),
                                    ('account.allowance', COALESCE(l.allowance, 0), a.allowance)
                            ) AS v (name, expected, found)
         WHERE v.expected <> v.found
         ORDER BY a.id
         LIMIT %(shown)s
    """
    return fetch(sql, {"shown": SHOWN}, Drift)


def holds() -> list[Drift]:
    """`account.held`, `account.allowance_held`, `account.overdraft`: not what open reservations and the balance say.

    Reads open reservations only. Index: reservation_open.
    """
    sql = """
        WITH open AS (
            SELECT r.account_id, SUM(h.credits) AS credits, SUM(h.remaining - h.credits) AS allowance
              FROM billing_creditreservation r
             CROSS JOIN LATERAL (
                    SELECT r.amount - r.charged - r.released AS remaining,
                           LEAST(r.amount - r.charged - r.released,
                                 GREATEST(0, r.amount - r.allowance - r.released)) AS credits) h
             WHERE r.state = 'open'
             GROUP BY r.account_id
        )
        SELECT v.name, 'account:' || a.id, v.expected::bigint, v.found
          FROM billing_creditaccount a
          LEFT JOIN open o ON o.account_id = a.id
         CROSS JOIN LATERAL (VALUES ('account.held', COALESCE(o.credits, 0), a.held),
                                    ('account.allowance_held', COALESCE(o.allowance, 0), a.allowance_held),
                                    ('account.overdraft', GREATEST(0, a.held - a.balance), a.overdraft)
                            ) AS v (name, expected, found)
         WHERE v.expected <> v.found
         ORDER BY a.id
         LIMIT %(shown)s
    """
    return fetch(sql, {"shown": SHOWN}, Drift)


def charges() -> list[Drift]:
    """`reservation.charged`: not the sum of its `charge` entries; found 0 is also an entry without its reservation.

    One parallel scan of the ledger, hashed by reservation and joined to all of them. MATERIALIZED, since for the first
    1000 rows the planner would rather walk the ledger by its reservation index (four times slower).
    """
    sql = """
        WITH entries AS MATERIALIZED (
            SELECT e.reservation_id, -SUM(e.amount + e.allowance) AS charged
              FROM billing_ledgerentry e
             WHERE e.kind = 'charge'
             GROUP BY e.reservation_id
        )
        SELECT 'reservation.charged', 'reservation:' || COALESCE(r.id, e.reservation_id, 0),
               COALESCE(e.charged, 0)::bigint, COALESCE(r.charged, 0)
          FROM entries e
          FULL JOIN billing_creditreservation r ON r.id = e.reservation_id
         WHERE COALESCE(e.charged, 0) <> COALESCE(r.charged, 0)
         LIMIT %(shown)s
    """
    return fetch(sql, {"shown": SHOWN}, Drift)


def chain() -> list[Drift]:
    """`entry.balance_after`: not that of the entry before it in its account plus its amount.

    In a chain each balance but the last is the beginning of the next entry, so hashes of ends less hashes of beginnings
    leave those of the account's own two. One parallel scan finds the accounts where they do not (a breach passes once
    in four billion); only those are walked, newest first, by the index ledger_account.
    """
    sql = """
        WITH sums AS (
            SELECT e.account_id,
                   SUM(hashint8(e.balance_after)::bigint - hashint8(e.balance_after - e.amount)::bigint) AS difference
              FROM billing_ledgerentry e
             GROUP BY e.account_id
        ), suspects AS MATERIALIZED (
            SELECT a.id
              FROM billing_creditaccount a
              JOIN sums s ON s.account_id = a.id
             WHERE s.difference <> hashint8(a.balance)::bigint - hashint8(0)::bigint
        ), chain AS (
            SELECT e.id, e.balance_after, e.amount + LEAD(e.balance_after, 1, 0::bigint) OVER account AS expected
              FROM billing_ledgerentry e
             WHERE e.account_id IN (SELECT s.id FROM suspects s)
            WINDOW account AS (PARTITION BY e.account_id ORDER BY e.id DESC)
        )
        SELECT 'entry.balance_after', 'entry:' || c.id, c.expected, c.balance_after
          FROM chain c
         WHERE c.expected <> c.balance_after
         LIMIT %(shown)s
    """
    return fetch(sql, {"shown": SHOWN}, Drift)


def refunds() -> list[Drift]:
    """`entry.refunded`: refunds of a charge above what it charged (`expected` is the most). Index: ledger_refunds."""
    sql = """
        WITH refunds AS (
            SELECT e.refers_to_id, SUM(e.amount + e.allowance) AS refunded
              FROM billing_ledgerentry e
             WHERE e.refers_to_id IS NOT NULL
               AND e.kind = 'refund'
             GROUP BY e.refers_to_id
        )
        SELECT 'entry.refunded', 'entry:' || f.refers_to_id,
               COALESCE(-c.amount - c.allowance, 0), f.refunded::bigint
          FROM refunds f
          LEFT JOIN billing_ledgerentry c ON c.id = f.refers_to_id
         WHERE f.refunded > COALESCE(-c.amount - c.allowance, 0)
         LIMIT %(shown)s
    """
    return fetch(sql, {"shown": SHOWN}, Drift)


def closed_reservations() -> list[Drift]:
    """`reservation.remaining`: closed, but credits are left in it. Scans the reservations, one row per run."""
    sql = """
        SELECT 'reservation.remaining', 'reservation:' || r.id, 0, r.amount - r.charged - r.released
          FROM billing_creditreservation r
         WHERE r.state = 'closed'
           AND r.amount <> r.charged + r.released
         LIMIT %(shown)s
    """
    return fetch(sql, {"shown": SHOWN}, Drift)


CHECKS: tuple[Callable[[], list[Drift]], ...] = (
    balances,
    holds,
    charges,
    chain,
    refunds,
    closed_reservations,
    purchases,
    reversals,
    links,
    plans,
)
__all__ = ["CHECKS", "SHOWN", "Drift", "find_drift", "repair", "unhurried"]


def find_drift() -> list[Drift]:
    """Every drift of the money tables, at most SHOWN per check; an empty list is the proof."""
    return [drift for check in CHECKS for drift in unhurried(check)]


def unhurried(check: Callable[[], list[Drift]]) -> list[Drift]:
    """Run one check in a transaction of its own that may take half an hour: 60 s are for what people wait for."""
    with transaction.atomic():
        execute("SET LOCAL statement_timeout = '30min'", {})
        return check()


@transaction.atomic
def repair(drift: Drift, *, actor: Actor = SYSTEM) -> bool:
    """Write a number that follows from other rows again: DERIVED; of an account all three. True when it changed.

    False for what is evidence itself (the ledger, a reservation: a person decides), and when the reservations hold more
    allowance than there is. Everything that changes a hold locks the account before it commits, so what is read under
    that lock belongs together, also while campaigns send.
    """
    if drift.name not in DERIVED:
        return False
    if drift.name == "subscription.allowance":
        return grant_missing(int(drift.subject.removeprefix("subscription:")), actor=actor)
    account = CreditAccount.objects.select_for_update(no_key=True).get(pk=drift.subject.removeprefix("account:"))
    open_holds = _open_holds(account.pk)
    if open_holds.allowance > account.allowance:
        return False
    derived = {
        "held": open_holds.credits,
        "allowance_held": open_holds.allowance,
        "overdraft": max(0, open_holds.credits - account.balance),
    }
    before = {name: getattr(account, name) for name in derived}
    if before == derived:
        return False
    CreditAccount.objects.filter(pk=account.pk).update(**derived)
    subject = f"account:{account.pk}"
    record("credits.repair", actor=actor, subject=subject, store_id=account.store_id, before=before, after=derived)
    return True


def _open_holds(account_id: int) -> OpenHolds:
    """What the account's open reservations still hold. Index: reservation_account."""
    sql = """
        SELECT COALESCE(SUM(h.credits), 0)::bigint, COALESCE(SUM(h.remaining - h.credits), 0)::bigint
          FROM billing_creditreservation r
         CROSS JOIN LATERAL (
                SELECT r.amount - r.charged - r.released AS remaining,
                       LEAST(r.amount - r.charged - r.released,
                             GREATEST(0, r.amount - r.allowance - r.released)) AS credits) h
         WHERE r.account_id = %(account_id)s
           AND r.state = 'open'
    """
    return fetch_one(sql, {"account_id": account_id}, OpenHolds) or OpenHolds(0, 0)
