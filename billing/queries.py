"""The hot statements of money: one per thing that happens to a hold. Everything else goes through the ORM.

Lock order: reservation → account; both come last in the caller's transaction. The locks are
NO KEY UPDATE, so that a foreign key check on an account or a reservation does not wait for money.

A reservation is a line of `amount` credits, the allowance's part on the left; charges eat from the left, releases from
the right. Hence, for n credits:
    charge    allowance  LEAST(charged + n, allowance) - LEAST(charged, allowance),   credits the rest
    release   credits    LEAST(n, GREATEST(0, amount - allowance - released)),        allowance the rest
"""

from typing import NamedTuple

from config.sql import execute, fetch_one


class Held(NamedTuple):
    """A new reservation."""

    id: int


class GivenBack(NamedTuple):
    """What closing a reservation released, in credits."""

    credits: int


def hold(*, store_id: int, amount: int, key: str, label: str) -> int | None:
    """Reserve `amount` credits, the allowance first, and return the reservation's id.

    None: the store has no account or less than that available, or the key has a reservation; nothing changed.
    The caller has locked the account, by its unique store. A key that somebody else is just inserting is waited for.
    Index: unique key.
    """
    sql = """
        WITH locked AS (
            SELECT a.id, LEAST(%(amount)s, a.allowance - a.allowance_held) AS allowance
              FROM billing_creditaccount a
             WHERE a.store_id = %(store_id)s
               AND a.balance - a.held + a.allowance - a.allowance_held >= %(amount)s
               FOR NO KEY UPDATE
        ), reservation AS (
            INSERT INTO billing_creditreservation
                   (account_id, key, label, amount, allowance, charged, released, state, created_at)
            SELECT l.id, %(key)s, %(label)s, %(amount)s, l.allowance, 0, 0, 'open', now()
              FROM locked l
                ON CONFLICT (key) DO NOTHING
            RETURNING id, account_id, amount, allowance
        )
        UPDATE billing_creditaccount a
           SET held = a.held + r.amount - r.allowance,
               allowance_held = a.allowance_held + r.allowance,
               updated_at = now()
          FROM reservation r
         WHERE a.id = r.account_id
        RETURNING r.id
    """
    row = fetch_one(sql, {"store_id": store_id, "amount": amount, "key": key, "label": label}, Held)
    return row.id if row else None


def charge(*, reservation_id: int, amount: int, key: str, label: str) -> bool:
    """Draw `amount` credits of an open reservation: reservation, account and ledger in one statement.

    False: the key was used, or the reservation is closed, missing or holds less; nothing changed. The ledger's unique
    key decides, under a race too: the entry is inserted or not, and both updates hang on it. Locks the reservation,
    then its account, by primary key, and reads both as they are once locked, so `balance_after` makes a chain.
    """
    sql = """
        WITH locked AS (
            SELECT r.id, r.account_id, a.balance,
                   LEAST(r.charged + %(amount)s, r.allowance) - LEAST(r.charged, r.allowance) AS allowance
              FROM billing_creditreservation r
              JOIN billing_creditaccount a ON a.id = r.account_id
             WHERE r.id = %(reservation_id)s
               AND r.state = 'open'
               AND r.amount - r.charged - r.released >= %(amount)s
               FOR NO KEY UPDATE OF r, a
        ), entry AS (
            INSERT INTO billing_ledgerentry
                   (account_id, reservation_id, kind, amount, allowance, balance_after, key, label, actor, created_at)
            SELECT l.account_id, l.id, 'charge', l.allowance - %(amount)s, -l.allowance,
                   l.balance + l.allowance - %(amount)s, %(key)s, %(label)s, 'system', now()
              FROM locked l
                ON CONFLICT (key) DO NOTHING
            RETURNING account_id, reservation_id, amount, allowance
        ), drawn AS (
            UPDATE billing_creditreservation r
               SET charged = r.charged - e.amount - e.allowance
              FROM entry e
             WHERE r.id = e.reservation_id
        )
        UPDATE billing_creditaccount a
           SET balance = a.balance + e.amount, held = a.held + e.amount,
               allowance = a.allowance + e.allowance, allowance_held = a.allowance_held + e.allowance,
               updated_at = now()
          FROM entry e
         WHERE a.id = e.account_id
    """
    params = {"reservation_id": reservation_id, "amount": amount, "key": key, "label": label}
    return execute(sql, params, kept=True) == 1


def release(*, reservation_id: int, amount: int) -> bool:
    """Give back `amount` credits of an open reservation, the credits' part first; an overdraft shrinks by them.

    False: the reservation is closed, missing or holds less; nothing changed. Not idempotent: the caller's own guard
    decides that it happens once. Locks the reservation, then its account, by primary key.
    """
    sql = """
        WITH freed AS (
            UPDATE billing_creditreservation r
               SET released = r.released + %(amount)s
             WHERE r.id = %(reservation_id)s
               AND r.state = 'open'
               AND r.amount - r.charged - r.released >= %(amount)s
            RETURNING r.account_id,
                      LEAST(%(amount)s, GREATEST(0, r.amount - r.allowance - (r.released - %(amount)s))) AS credits
        )
        UPDATE billing_creditaccount a
           SET held = a.held - f.credits,
               allowance_held = a.allowance_held - (%(amount)s - f.credits),
               overdraft = GREATEST(0, a.held - f.credits - a.balance),
               updated_at = now()
          FROM freed f
         WHERE a.id = f.account_id
    """
    return execute(sql, {"reservation_id": reservation_id, "amount": amount}) == 1


def close(*, reservation_id: int) -> int | None:
    """Close an open reservation and return the credits that it still held and gives back.

    None: it is closed already, or missing; of two callers one gets the credits. Locks the reservation, then its
    account, by primary key.
    """
    sql = """
        WITH locked AS (
            SELECT r.id, r.account_id, r.amount - r.charged - r.released AS remaining,
                   LEAST(r.amount - r.charged - r.released,
                         GREATEST(0, r.amount - r.allowance - r.released)) AS credits
              FROM billing_creditreservation r
             WHERE r.id = %(reservation_id)s
               AND r.state = 'open'
               FOR NO KEY UPDATE
        ), closed AS (
            UPDATE billing_creditreservation r
               SET state = 'closed', closed_at = now(), released = r.released + l.remaining
              FROM locked l
             WHERE r.id = l.id
            RETURNING l.account_id, l.remaining, l.credits
        )
        UPDATE billing_creditaccount a
           SET held = a.held - c.credits,
               allowance_held = a.allowance_held - (c.remaining - c.credits),
               overdraft = GREATEST(0, a.held - c.credits - a.balance),
               updated_at = now()
          FROM closed c
         WHERE a.id = c.account_id
        RETURNING c.remaining
    """
    row = fetch_one(sql, {"reservation_id": reservation_id}, GivenBack)
    return row.credits if row else None
