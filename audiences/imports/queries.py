"""The set-based statements of one chunk, in their order. All run in the chunk's transaction, on rows of one import.

Locks: the import's row (by the caller), then contacts by id, then the list's row.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from audiences.imports.rows import Row
from config.sql import copy_rows, execute, fetch_one

STAGING = "audiences_import_staging"


class Matched(NamedTuple):
    """Rows of the chunk: all, those whose contact exists, those that would change it."""

    rows: int
    known: int
    changed: int


def stage(rows: Iterable[Row]) -> None:
    """Put the chunk's rows into the session's own temporary table. COPY; no lock that anybody else could want."""
    execute(
        """
        CREATE TEMPORARY TABLE IF NOT EXISTS audiences_import_staging (
            row bigint, phone text, phone_hash bytea, country text, first_name text, last_name text, email text,
            birthday date, gender text, language text, time_zone text, fields jsonb, consent text, lower boolean,
            contact_id bigint, before text NOT NULL DEFAULT 'unknown', changed boolean NOT NULL DEFAULT false
        ) ON COMMIT DELETE ROWS
        """,
        {},
    )
    execute("TRUNCATE audiences_import_staging", {})
    copy_rows(table=STAGING, columns=Row._fields, rows=rows)
    execute("ANALYZE audiences_import_staging", {})


def drop_duplicates(import_id: int) -> int:
    """Take rows away whose phone this import met before, in this chunk or an earlier one; return how many.

    The first row of a phone wins. Index: the primary key of importedphone.
    """
    sql = """
        WITH firsts AS (
            SELECT DISTINCT ON (s.phone_hash) s.phone_hash, s.row
              FROM audiences_import_staging s
             ORDER BY s.phone_hash, s.row
        ), fresh AS (
            INSERT INTO audiences_importedphone (contact_import_id, phone_hash)
            SELECT %(import_id)s, f.phone_hash
              FROM firsts f
                ON CONFLICT DO NOTHING
            RETURNING phone_hash
        ), kept AS (
            SELECT f.row
              FROM firsts f
              JOIN fresh USING (phone_hash)
        )
        DELETE FROM audiences_import_staging s
         WHERE NOT EXISTS (SELECT FROM kept k WHERE k.row = s.row)
    """
    return execute(sql, {"import_id": import_id})


def match_contacts(store_id: int) -> Matched:
    """Find the contacts that exist, lock them by id, and merge: what the file does not say stays as it is.

    Consent of an existing contact is lowered by an explicit no and otherwise kept. Index: contact_phone_once.
    """
    sql = """
        WITH found AS (
            SELECT c.*
              FROM audiences_contact c
             WHERE c.store_id = %(store_id)s
               AND c.phone IN (SELECT s.phone FROM audiences_import_staging s)
             ORDER BY c.id
               FOR NO KEY UPDATE OF c
        )
        UPDATE audiences_import_staging s
           SET contact_id = f.id,
               before = f.consent,
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
          FROM found f
         WHERE f.phone = s.phone
    """
    execute(sql, {"store_id": store_id})
    return _matched()


def _matched() -> Matched:
    sql = "SELECT count(*), count(s.contact_id), count(*) FILTER (WHERE s.changed) FROM audiences_import_staging s"
    return fetch_one(sql, {}, Matched) or Matched(0, 0, 0)


def insert_contacts(*, store_id: int, source: str, consent_at: datetime, now: datetime) -> int:
    """Insert the contacts that do not exist, in the order of the file; return how many.

    A phone that opted out of this store before (its suppression outlives the contact) is inserted as opted out.
    Fewer than missing: another transaction inserted one meanwhile. Indexes: contact_phone_once, suppression_once.
    """
    sql = """
        WITH made AS (
            INSERT INTO audiences_contact (
                store_id, phone, phone_hash, country, first_name, last_name, email, birthday, gender, language,
                time_zone, fields, consent, consent_at, consent_source, created_at, updated_at)
            SELECT %(store_id)s, s.phone, s.phone_hash, s.country, COALESCE(s.first_name, ''),
                   COALESCE(s.last_name, ''), COALESCE(s.email, ''), s.birthday, COALESCE(s.gender, ''),
                   COALESCE(s.language, ''), COALESCE(s.time_zone, ''), s.fields, c.consent,
                   CASE WHEN c.consent = 'unknown' THEN NULL ELSE %(consent_at)s END,
                   CASE WHEN c.consent = 'unknown' THEN '' ELSE %(source)s END, %(now)s, %(now)s
              FROM audiences_import_staging s
             CROSS JOIN LATERAL (
                   SELECT CASE WHEN EXISTS (SELECT FROM audiences_suppression p
                                             WHERE p.phone_hash = s.phone_hash
                                               AND p.store_id = %(store_id)s
                                               AND p.reason = 'opt_out')
                               THEN 'opted_out' ELSE s.consent END AS consent) c
             WHERE s.contact_id IS NULL
             ORDER BY s.row
                ON CONFLICT (store_id, phone) DO NOTHING
            RETURNING id, phone, consent
        )
        UPDATE audiences_import_staging s
           SET contact_id = m.id, consent = m.consent
          FROM made m
         WHERE m.phone = s.phone
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
          FROM audiences_import_staging s
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
          FROM audiences_import_staging s
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
          FROM audiences_import_staging s
         WHERE EXISTS (SELECT FROM audiences_contactlist l WHERE l.id = %(list_id)s)
         ORDER BY s.row
            ON CONFLICT DO NOTHING
    """
    added = execute(sql, {"list_id": list_id, "now": now})
    if added:
        values = {"list_id": list_id, "now": now}
        execute("UPDATE audiences_contactlist SET updated_at = %(now)s WHERE id = %(list_id)s", values)
    return added
