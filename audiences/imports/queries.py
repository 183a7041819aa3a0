"""The set-based statements that write a chunk of staged rows, in their order, all in the chunk's transaction.

Locks: the staged rows, contacts by id, the list's row, then the import's row (by the caller). Several chunks of an
import may be written at the same time: no two have a phone in common.
"""

from datetime import datetime
from typing import NamedTuple

from django.db import connection

from config.sql import execute, fetch_one


class Matched(NamedTuple):
    """Rows of the chunk: all, those without a contact, those that would change theirs."""

    rows: int
    new: int
    changed: int


class Span(NamedTuple):
    """The numbers of the first and the last row."""

    first: int
    last: int


def staged(import_id: int) -> Span | None:
    """The rows that are not written yet; None when there are none. Index: the primary key of importrow."""
    sql = """
        SELECT min(s.row), max(s.row)
          FROM audiences_importrow s
         WHERE s.contact_import_id = %(import_id)s
        HAVING count(*) > 0
    """
    return fetch_one(sql, {"import_id": import_id}, Span)


def take_chunk(*, import_id: int, span: Span, stated: str) -> None:
    """Move the staged rows of a span to the session's own temporary table, as if nobody had a contact yet.

    A row that is gone was written by somebody else: whoever deletes it has it. New ids come in the order of the file.
    Index: the primary key of importrow.
    """
    _make_room()
    sql = """
        WITH taken AS (
            DELETE FROM audiences_importrow s
             WHERE s.contact_import_id = %(import_id)s
               AND s.row BETWEEN %(first)s AND %(last)s
            RETURNING s.*
        )
        INSERT INTO audiences_import_chunk
        SELECT t.row, nextval('audiences_contact_id_seq'), true, t.phone, t.phone_hash, t.country, t.first_name,
               t.last_name, t.email, t.birthday, t.gender, t.language, t.time_zone, COALESCE(t.fields, '{}'), t.lower,
               'unknown', CASE WHEN t.lower THEN 'opted_out' ELSE %(stated)s END, false
          FROM taken t
         ORDER BY t.row
    """
    execute(sql, {"import_id": import_id, "stated": stated, **span._asdict()})


def _make_room() -> None:
    execute(
        """
        CREATE TEMPORARY TABLE IF NOT EXISTS audiences_import_chunk (
            row bigint, contact_id bigint, fresh boolean, phone text, phone_hash bytea, country text, first_name text,
            last_name text, email text, birthday date, gender text, language text, time_zone text, fields jsonb,
            lower boolean, before text, consent text, changed boolean
        ) ON COMMIT DELETE ROWS
        """,
        {},
    )
    execute("DELETE FROM audiences_import_chunk", {})
    # A chunk is a few thousand look-ups by index in tables of millions: at the usual price the planner reads all.
    execute("SET LOCAL random_page_cost = 1.1", {})


def find_contacts(store_id: int) -> None:
    """Find whose contacts exist, and lock these by id. Index: contact_phone_once."""
    sql = """
        WITH known AS (
            SELECT c.id, c.phone
              FROM audiences_contact c
             WHERE c.store_id = %(store_id)s
               AND c.phone IN (SELECT s.phone FROM audiences_import_chunk s)
             ORDER BY c.id
               FOR NO KEY UPDATE OF c
        )
        UPDATE audiences_import_chunk s
           SET contact_id = k.id, fresh = false
          FROM known k
         WHERE k.phone = s.phone
    """
    execute(sql, {"store_id": store_id})


def heed_opt_outs(store_id: int) -> None:
    """Take new contacts whose phone opted out of this store before as opted out: a suppression outlives its contact.

    Only after the contacts were looked for: one that is deleted meanwhile leaves its suppression in the same commit.
    Index: suppression_once.
    """
    sql = """
        UPDATE audiences_import_chunk s
           SET consent = 'opted_out'
          FROM audiences_suppression p
         WHERE s.fresh
           AND p.phone_hash = s.phone_hash
           AND p.store_id = %(store_id)s
           AND p.reason = 'opt_out'
    """
    execute(sql, {"store_id": store_id})


def yield_to_contacts(*, all_fields: bool) -> None:
    """Let the contacts that exist keep what they say; with `all_fields` also where they say nothing.

    A no in the file still counts. Index: the primary key of contacts.
    """
    sql = """
        UPDATE audiences_import_chunk s
           SET first_name = CASE WHEN c.first_name = '' AND NOT %(all)s THEN s.first_name END,
               last_name = CASE WHEN c.last_name = '' AND NOT %(all)s THEN s.last_name END,
               email = CASE WHEN c.email = '' AND NOT %(all)s THEN s.email END,
               birthday = CASE WHEN c.birthday IS NULL AND NOT %(all)s THEN s.birthday END,
               gender = CASE WHEN c.gender = '' AND NOT %(all)s THEN s.gender END,
               language = CASE WHEN c.language = '' AND NOT %(all)s THEN s.language END,
               time_zone = CASE WHEN c.time_zone = '' AND NOT %(all)s THEN s.time_zone END,
               fields = CASE WHEN %(all)s THEN '{}' ELSE s.fields || c.fields END
          FROM audiences_contact c
         WHERE NOT s.fresh
           AND c.id = s.contact_id
    """
    execute(sql, {"all": all_fields})


def merge_contacts() -> Matched:
    """Complete the rows of contacts that exist (their rows are locked): what the file does not say stays as it is.

    Consent of an existing contact is lowered by an explicit no and otherwise kept. Index: the primary key of contacts.
    """
    sql = """
        UPDATE audiences_import_chunk s
           SET before = f.consent,
               consent = CASE WHEN s.lower THEN 'opted_out' ELSE f.consent END,
               first_name = COALESCE(s.first_name, f.first_name),
               last_name = COALESCE(s.last_name, f.last_name),
               email = COALESCE(s.email, f.email),
               birthday = COALESCE(s.birthday, f.birthday),
               gender = COALESCE(s.gender, f.gender),
               language = COALESCE(s.language, f.language),
               time_zone = COALESCE(s.time_zone, f.time_zone),
               fields = f.fields || s.fields,
               changed = (s.first_name <> f.first_name OR s.last_name <> f.last_name OR s.email <> f.email
                          OR (s.birthday IS NOT NULL AND s.birthday IS DISTINCT FROM f.birthday)
                          OR s.gender <> f.gender OR s.language <> f.language OR s.time_zone <> f.time_zone
                          OR (f.fields || s.fields) <> f.fields
                          OR (s.lower AND f.consent <> 'opted_out')) IS TRUE
          FROM audiences_contact f
         WHERE NOT s.fresh
           AND f.id = s.contact_id
    """
    execute(sql, {})
    return _matched()


def _matched() -> Matched:
    sql = """
        SELECT count(*), count(*) FILTER (WHERE s.fresh), count(*) FILTER (WHERE s.changed)
          FROM audiences_import_chunk s
    """
    return fetch_one(sql, {}, Matched) or Matched(0, 0, 0)


def insert_contacts(*, store_id: int, source: str, consent_at: datetime, now: datetime) -> int:
    """Insert the contacts that do not exist, in the order of the file; return how many.

    Fewer than missing: another transaction inserted one meanwhile. Index: contact_phone_once.
    """
    sql = """
        INSERT INTO audiences_contact (
            id, store_id, phone, phone_hash, country, first_name, last_name, email, birthday, gender, language,
            time_zone, fields, consent, consent_at, consent_source, created_at, updated_at)
        SELECT s.contact_id, %(store_id)s, s.phone, s.phone_hash, s.country, COALESCE(s.first_name, ''),
               COALESCE(s.last_name, ''), COALESCE(s.email, ''), s.birthday, COALESCE(s.gender, ''),
               COALESCE(s.language, ''), COALESCE(s.time_zone, ''), s.fields, s.consent,
               CASE WHEN s.consent = 'unknown' THEN NULL ELSE %(consent_at)s END,
               CASE WHEN s.consent = 'unknown' THEN '' ELSE %(source)s END, %(now)s, %(now)s
          FROM audiences_import_chunk s
         WHERE s.fresh
         ORDER BY s.row
            ON CONFLICT (store_id, phone) DO NOTHING
    """
    values = {"store_id": store_id, "source": source, "consent_at": consent_at, "now": now}
    return execute(sql, values)


def update_contacts(*, source: str, now: datetime) -> int:
    """Write the merged values of the contacts that change; their rows are locked. Index: the primary key."""
    sql = """
        UPDATE audiences_contact c
           SET first_name = s.first_name, last_name = s.last_name, email = s.email, birthday = s.birthday,
               gender = s.gender, language = s.language, time_zone = s.time_zone, fields = s.fields,
               consent = s.consent,
               consent_at = CASE WHEN s.consent = s.before THEN c.consent_at ELSE %(now)s END,
               consent_source = CASE WHEN s.consent = s.before THEN c.consent_source ELSE %(source)s END,
               updated_at = %(now)s
          FROM audiences_import_chunk s
         WHERE s.changed
           AND c.id = s.contact_id
    """
    return execute(sql, {"source": source, "now": now})


def insert_consent_events(*, import_id: int, store_id: int, actor: str, stated: str, now: datetime) -> int:
    """One event per contact whose consent is another than before, with the row as evidence."""
    sql = """
        INSERT INTO audiences_consentevent (store_id, contact_id, before, after, source, evidence, actor, created_at)
        SELECT %(store_id)s, s.contact_id, s.before, s.consent, %(source)s,
               jsonb_build_object('row', s.row, 'stated', %(stated)s::text), %(actor)s, %(now)s
          FROM audiences_import_chunk s
         WHERE s.consent <> s.before
         ORDER BY s.row
    """
    values = {"store_id": store_id, "source": f"import:{import_id}", "stated": stated, "actor": actor, "now": now}
    return execute(sql, values)


def insert_members(*, list_id: int, now: datetime) -> int:
    """Put the chunk's contacts on the list, under its row lock; return how many are new. Index: membership_once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM audiences_contactlist l WHERE l.id = %s FOR NO KEY UPDATE", [list_id])
    sql = """
        INSERT INTO audiences_listmembership (list_id, contact_id, added_at)
        SELECT %(list_id)s, s.contact_id, %(now)s
          FROM audiences_import_chunk s
         WHERE EXISTS (SELECT FROM audiences_contactlist l WHERE l.id = %(list_id)s)
         ORDER BY s.row
            ON CONFLICT DO NOTHING
    """
    added = execute(sql, {"list_id": list_id, "now": now})
    if added:
        values = {"list_id": list_id, "now": now}
        execute("UPDATE audiences_contactlist SET updated_at = %(now)s WHERE id = %(list_id)s", values)
    return added
