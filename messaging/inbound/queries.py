"""Statements on texts from people."""

from datetime import datetime
from typing import NamedTuple

from config.sql import execute, fetch, fetch_one

WAIT_FOR = 3  # tries of an earlier text of the same phone that later ones wait for


class Next(NamedTuple):
    """A text that is due, locked until the transaction ends."""

    message_id: int


class Texter(NamedTuple):
    """A store that texted a phone, and when it last did."""

    store_id: int
    at: datetime


def take_one() -> int | None:
    """Lock the next text that is due; those of one phone in order of arrival. SKIP LOCKED.

    Index: inbound_waiting; for earlier ones that or the phone's, whichever holds less. A text that failed three times
    is waited for no longer: a STOP behind it must act. None when nothing is due.
    """
    sql = """
        SELECT m.id
          FROM messaging_inboundmessage m
         WHERE m.applied_at IS NULL
           AND m.next_try_at <= statement_timestamp()
           AND NOT EXISTS (SELECT 1
                             FROM messaging_inboundmessage e
                            WHERE e.phone_hash = m.phone_hash
                              AND e.id < m.id
                              AND e.applied_at IS NULL
                              AND e.tries < %(wait_for)s)
         ORDER BY m.next_try_at, m.id
         LIMIT 1
           FOR UPDATE OF m SKIP LOCKED
    """
    found = fetch_one(sql, {"wait_for": WAIT_FOR}, Next)
    return found.message_id if found else None


def put_off(message_id: int) -> None:
    """Look at a text again in 2, 4, 8 … seconds, at last every ten minutes: something of ours is broken."""
    sql = """
        UPDATE messaging_inboundmessage
           SET tries = least(tries + 1, 30000),
               next_try_at = statement_timestamp() + least(interval '1 second' * power(2, least(tries + 1, 10)),
                                                           interval '10 minutes')
         WHERE id = %(message_id)s
           AND applied_at IS NULL
    """
    execute(sql, {"message_id": message_id})


def texters(*, phone: str, phone_hash: bytes, account_id: int, limit: int = 100) -> list[Texter]:
    """Stores that texted a phone over an account, the latest first.

    Indexes: contact_phone_hash and the recipients' contact; numbers that are nobody's contact have one of their own.
    """
    sql = """
        WITH got AS (
            SELECT r.store_id, r.batch_id, r.sent_at, r.status
              FROM audiences_contact c
              JOIN campaigns_campaignrecipient r ON r.contact_id = c.id
             WHERE c.phone_hash = %(phone_hash)s
            UNION ALL
            SELECT r.store_id, r.batch_id, r.sent_at, r.status
              FROM campaigns_campaignrecipient r
             WHERE r.contact_id IS NULL
               AND r.phone = %(phone)s
        )
        SELECT g.store_id, max(coalesce(g.sent_at, b.called_at)) AS at
          FROM got g
          JOIN campaigns_sendbatch b ON b.id = g.batch_id
         WHERE g.status IN ('sent', 'delivered', 'undelivered', 'unknown', 'unconfirmed')
           AND b.account_id = %(account_id)s
           AND b.called_at IS NOT NULL
         GROUP BY g.store_id
         ORDER BY at DESC, g.store_id
         LIMIT %(limit)s
    """
    params = {"phone": phone, "phone_hash": phone_hash, "account_id": account_id, "limit": limit}
    return fetch(sql, params, Texter)
