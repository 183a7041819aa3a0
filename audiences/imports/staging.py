"""Rows that were read wait in a table until the whole file is known; then those of one phone become one.

Only then is anything written to contacts: so it does not matter in which chunk a row was read, or how often it died.
"""

from collections.abc import Sequence

from django.db import connection

from audiences.imports.rows import COLUMNS, Row
from config.sql import cell, copy_text, execute

TABLE = "audiences_importrow"
FORGOTTEN_AT_ONCE = 50_000  # rows of one DELETE
TABS = len(COLUMNS) - 1


def stage(rows: Sequence[Row]) -> None:
    """Append rows. COPY; 3 µs a row."""
    if rows:
        copy_text(table=TABLE, columns=COLUMNS, text="".join(map(_line, rows)).encode())


def _line(row: Row) -> str:
    """A row in COPY's text format. Nearly none needs more than tabs between: the hash has the only backslash."""
    line = "\t".join(row)
    if line.count("\\") != 1 or line.count("\t") != TABS or "\n" in line:
        return "\t".join(map(cell, row)) + "\n"
    return line.replace("\\", r"\\") + "\n"


def merge_twins(import_id: int) -> int:
    """Make one row of those with the same phone; return how many went into others.

    Later values win where they say something, a single no wins for ever. The row that stays has the number of the
    first that says no, else of the last. One pass over the import's rows: 1 s for a million. Index: the primary key.
    """
    # The statements look at all rows of a file once; the limits are for those that look at a few.
    execute("SET LOCAL statement_timeout = '10min'", {})
    execute("SET LOCAL work_mem = '64MB'", {})
    # Rows that have just been written are not in the statistics: the planner takes them for a few.
    execute("SET LOCAL enable_nestloop = off", {})
    found = _set_twins_aside(import_id)
    return found - (_put_back_merged(import_id) if found else 0)


def _set_twins_aside(import_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.audiences_import_twins")
        cursor.execute("CREATE TEMPORARY TABLE audiences_import_twins (LIKE audiences_importrow) ON COMMIT DROP")
    sql = """
        WITH twice AS MATERIALIZED (
            SELECT s.phone_hash
              FROM audiences_importrow s
             WHERE s.contact_import_id = %(import_id)s
             GROUP BY s.phone_hash
            HAVING count(*) > 1
        ), twins AS (
            DELETE FROM audiences_importrow s
             USING twice t
             WHERE s.contact_import_id = %(import_id)s
               AND s.phone_hash = t.phone_hash
            RETURNING s.*
        )
        INSERT INTO audiences_import_twins
        SELECT t.*
          FROM twins t
    """
    return execute(sql, {"import_id": import_id})


def _put_back_merged(import_id: int) -> int:
    sql = """
        WITH custom AS (
            SELECT t.phone_hash, jsonb_object_agg(f.key, f.value ORDER BY t.row) AS fields
              FROM audiences_import_twins t
             CROSS JOIN LATERAL jsonb_each(t.fields) f
             GROUP BY t.phone_hash
        ), merged AS (
            SELECT COALESCE(min(t.row) FILTER (WHERE t.lower), max(t.row)) AS row, t.phone, t.phone_hash, t.country,
                   (array_agg(t.first_name ORDER BY t.row DESC) FILTER (WHERE t.first_name <> ''))[1] AS first_name,
                   (array_agg(t.last_name ORDER BY t.row DESC) FILTER (WHERE t.last_name <> ''))[1] AS last_name,
                   (array_agg(t.email ORDER BY t.row DESC) FILTER (WHERE t.email <> ''))[1] AS email,
                   (array_agg(t.birthday ORDER BY t.row DESC) FILTER (WHERE t.birthday IS NOT NULL))[1] AS birthday,
                   (array_agg(t.gender ORDER BY t.row DESC) FILTER (WHERE t.gender <> ''))[1] AS gender,
                   (array_agg(t.language ORDER BY t.row DESC) FILTER (WHERE t.language <> ''))[1] AS language,
                   (array_agg(t.time_zone ORDER BY t.row DESC) FILTER (WHERE t.time_zone <> ''))[1] AS time_zone,
                   bool_or(t.lower) AS lower
              FROM audiences_import_twins t
             GROUP BY t.phone, t.phone_hash, t.country
        )
        INSERT INTO audiences_importrow (
            contact_import_id, row, phone, phone_hash, country, first_name, last_name, email, birthday, gender,
            language, time_zone, lower, fields)
        SELECT %(import_id)s, m.*, c.fields
          FROM merged m
          LEFT JOIN custom c USING (phone_hash)
    """
    return execute(sql, {"import_id": import_id})


def forget(import_id: int, *, until: int) -> None:
    """Delete what waits of an import, up to row `until`, so many at a time; not what is being written just now.

    Index: the primary key.
    """
    sql = """
        WITH free AS (
            SELECT s.row
              FROM audiences_importrow s
             WHERE s.contact_import_id = %(import_id)s
               AND s.row <= %(row)s
               FOR UPDATE SKIP LOCKED
        )
        DELETE FROM audiences_importrow s
         USING free f
         WHERE s.contact_import_id = %(import_id)s
           AND s.row = f.row
    """
    for row in range(FORGOTTEN_AT_ONCE, until + FORGOTTEN_AT_ONCE, FORGOTTEN_AT_ONCE):
        execute(sql, {"import_id": import_id, "row": row})
