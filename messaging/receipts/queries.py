"""Statements on the inbox."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from config.sql import execute, fetch, records
from providers.interface import ReceiptStatus


class Waiting(NamedTuple):
    """A receipt of the inbox that has not been applied, with what is needed for it. `received_at`: epoch seconds."""

    receipt_id: int
    account_id: int
    reference: str | None
    provider_message_id: str | None
    status: ReceiptStatus
    error_class: str
    error_code: str
    received_at: float


class Word(NamedTuple):
    """A receipt as it came in; texts fit their columns."""

    dedupe: str
    reference: str | None
    provider_message_id: str | None
    status: ReceiptStatus
    raw_status: str
    error_class: str
    error_code: str
    parts: int | None
    happened_at: datetime | None


def keep(*, account_id: int, words: Sequence[Word]) -> None:
    """Write receipts down, each word once: what is there already stays as it is. Index: receipt_once.

    As one parameter: the ORM's VALUES cost 230 µs a receipt in Python, mostly for models and 1400 placeholders a call.
    """
    sql = """
        INSERT INTO messaging_receipt
               (account_id, dedupe, reference, provider_message_id, status, raw_status, error_class, error_code, parts,
                happened_at, tries, outcome, raw)
        SELECT %(account_id)s, o.*, 0, '', ''
          FROM json_to_recordset(%(words)s)
               AS o (dedupe text, reference text, provider_message_id text, status text, raw_status text,
                     error_class text, error_code text, parts int, happened_at timestamptz)
            ON CONFLICT (account_id, dedupe) DO NOTHING
    """
    if words:
        execute(sql, {"account_id": account_id, "words": records(words)})


def take(limit: int) -> list[Waiting]:
    """Receipts that are due, in order of arrival, for this drain alone. SKIP LOCKED; index: receipt_waiting."""
    sql = """
        SELECT id, account_id, reference, provider_message_id, status, error_class, error_code,
               extract(epoch FROM received_at)::float
          FROM messaging_receipt
         WHERE applied_at IS NULL
           AND next_try_at <= statement_timestamp()
         ORDER BY next_try_at, id
         LIMIT %(limit)s
           FOR UPDATE SKIP LOCKED
    """
    return sorted(fetch(sql, {"limit": limit}, Waiting))


class Done(NamedTuple):
    """What a receipt came to, and about whom it was."""

    id: int
    outcome: str
    recipient_id: int


def tick_off(done: Sequence[Done]) -> None:
    """Mark receipts as applied, with what they came to, and write what they said into the message log.

    Both in one statement, by primary keys: lines that travel to us and back cost 20 µs of Python each.
    """
    sql = """
        WITH told AS (
            UPDATE messaging_receipt r
               SET applied_at = statement_timestamp(), outcome = o.outcome
              FROM json_to_recordset(%(done)s) AS o (id bigint, outcome text, recipient_id bigint)
             WHERE r.id = o.id
            RETURNING r.id, r.account_id, r.status, r.provider_message_id, r.raw_status, r.error_class, r.error_code,
                      r.parts, o.recipient_id
        )
        INSERT INTO messaging_messagelog
               (store_id, campaign_id, recipient_id, batch_id, attempt, account_id, kind, outcome, provider_message_id,
                raw_status, error_class, error_code, parts, text, at)
        SELECT c.store_id, c.campaign_id, c.id, c.batch_id, c.attempt, t.account_id, 'receipt', t.status,
               t.provider_message_id, t.raw_status, t.error_class, t.error_code, t.parts, '', statement_timestamp()
          FROM told t
          JOIN campaigns_campaignrecipient c ON c.id = t.recipient_id
         ORDER BY t.id
    """
    if done:
        execute(sql, {"done": records(done)})


def look_again_soon(ids: Sequence[int]) -> None:
    """Look at receipts again in two seconds: their batch is at a worker, whose settle is a matter of moments."""
    sql = """
        UPDATE messaging_receipt
           SET tries = least(tries + 1, 30000),
               next_try_at = statement_timestamp() + interval '2 seconds',
               outcome = 'early'
         WHERE id = ANY(%(ids)s)
    """
    if ids:
        execute(sql, {"ids": list(ids)})


def look_again_later(ids: Sequence[int]) -> None:
    """Look at receipts again in 1, 2, 4 … seconds, hourly at last; after 72 hours they stay as `unmatched`."""
    sql = """
        UPDATE messaging_receipt
           SET tries = least(tries + 1, 30000),
               next_try_at = statement_timestamp()
                             + least(interval '1 second' * power(2, least(tries, 12)), interval '1 hour'),
               outcome = 'unmatched',
               applied_at = CASE WHEN received_at < now() - interval '72 hours' THEN now() END
         WHERE id = ANY(%(ids)s)
    """
    if ids:
        execute(sql, {"ids": list(ids)})
