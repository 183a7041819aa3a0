"""Statements that read what happened: consents from their outbox, outcomes of messages from the log."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from config.sql import fetch, fetch_one


class Consent(NamedTuple):
    """A change of a contact's consent that was just marked; what it is now."""

    event_id: int
    store_id: int
    contact_id: int
    source: str
    created_at: datetime
    after: str


class Outcome(NamedTuple):
    """What became of a message. `at`: when we learned it; `line_id`: the line of the log that proves it."""

    line_id: int
    store_id: int
    recipient_id: int
    contact_id: int | None
    campaign_id: int
    status: str
    reason: str
    error_code: str
    at: datetime


def publish_consents(limit: int, *, opt_outs: Sequence[int], opt_ins: Sequence[int]) -> tuple[int, list[Consent]]:
    """Mark the oldest unpublished consent events as published: how many, and those that somebody wants, by id.

    Wanted are the opt-outs and the opt-ins of these stores. Index: consentevent_outbox.
    """
    sql = """
        WITH next AS (
            SELECT n.id
              FROM audiences_consentevent n
             WHERE n.published_at IS NULL
             ORDER BY n.id
             LIMIT %(limit)s
               FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE audiences_consentevent e
           SET published_at = statement_timestamp()
          FROM next
         WHERE e.id = next.id
        RETURNING e.id, e.store_id, e.contact_id, e.source, e.created_at,
                  CASE WHEN e.after = 'opted_out' AND e.store_id = ANY(%(opt_outs)s) THEN e.after
                       WHEN e.after = 'opted_in' AND e.store_id = ANY(%(opt_ins)s) THEN e.after
                       ELSE ''
                   END
    """
    rows = fetch(sql, {"limit": limit, "opt_outs": list(opt_outs), "opt_ins": list(opt_ins)}, Consent)
    return len(rows), sorted(row for row in rows if row.after)


class Newest(NamedTuple):
    """The newest line, or 0."""

    line_id: int


class Writer(NamedTuple):
    """A transaction, by its virtual id."""

    virtual_id: str


def newest_line() -> int:
    """The id of the newest line of the message log that can be seen. Index: the primary key."""
    row = fetch_one("SELECT coalesce(max(l.id), 0) FROM messaging_messagelog l", {}, Newest)
    return row.line_id if row else 0


def writers() -> set[str]:
    """Transactions, other than this one, that have written or are writing lines of the message log.

    Each holds a lock on the table from before its first line has an id until it ends.
    """
    sql = """
        SELECT DISTINCT k.virtualtransaction
          FROM pg_locks k
         WHERE k.locktype = 'relation'
           AND k.relation = 'messaging_messagelog'::regclass
           AND k.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
           AND k.mode = 'RowExclusiveLock'
           AND k.pid <> pg_backend_pid()
    """
    return {row.virtual_id for row in fetch(sql, {}, Writer)}


def outcomes(*, after: int, until: int, stores: Sequence[int]) -> list[Outcome]:
    """What lines (after, until] of the log say about messages of these stores that ended delivered or failed.

    A line counts when the recipient still stands where it put him, and no other line says the same: the first receipt
    with this word, the last refusal. So receipts that came twice and refusals that were tried again tell nothing.
    Indexes: the log's primary key, the recipients' primary key, log_recipient.
    """
    sql = """
        SELECT l.id, l.store_id, r.id, r.contact_id, r.campaign_id, r.status, r.reason, r.error_code, l.at
          FROM messaging_messagelog l
          JOIN campaigns_campaignrecipient r ON r.id = l.recipient_id
         WHERE l.id > %(after)s
           AND l.id <= %(until)s
           AND l.store_id = ANY(%(stores)s)
           AND CASE
               WHEN l.kind = 'receipt' AND l.outcome = 'delivered' THEN r.status = 'delivered'
               WHEN l.kind = 'receipt' AND l.outcome IN ('undelivered', 'expired') THEN r.status = 'undelivered'
               WHEN l.kind = 'attempt' AND l.outcome = 'refused' THEN r.status = 'failed'
               ELSE false
               END
           AND NOT EXISTS (SELECT
                             FROM messaging_messagelog o
                            WHERE o.recipient_id = l.recipient_id
                              AND o.kind = l.kind
                              AND o.kind = 'receipt'
                              AND o.attempt = l.attempt
                              AND o.id < l.id
                              AND (o.outcome = 'delivered') = (l.outcome = 'delivered')
                              AND o.outcome IN ('delivered', 'undelivered', 'expired'))
           AND NOT EXISTS (SELECT
                             FROM messaging_messagelog o
                            WHERE o.recipient_id = l.recipient_id
                              AND o.kind = l.kind
                              AND o.kind = 'attempt'
                              AND o.outcome = 'refused'
                              AND o.id > l.id)
         ORDER BY l.id
    """
    return fetch(sql, {"after": after, "until": until, "stores": list(stores)}, Outcome)
