"""Ways to store what grows: one table, or parts of it. The same rows, the same statements, in turn."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from messaging.benchmark.raw.program import Link, Work, perform

MONTHS, HASHES = 24, 16
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
CHUNK, LOOKUPS, MOVED = 500, 100, 100_000
SCHEMA = "DROP SCHEMA IF EXISTS storage CASCADE; CREATE SCHEMA storage"
# Copies of our tables with their indexes; keys of parts must have the column that parts them.
WHOLE = "CREATE TABLE storage.{name} (LIKE {table} INCLUDING ALL EXCLUDING IDENTITY EXCLUDING CONSTRAINTS)"
PARTS = "CREATE TABLE storage.{name} (LIKE {table} INCLUDING DEFAULTS) PARTITION BY {by}"
LOG_INDEXES = (
    "ALTER TABLE storage.log_parts ADD PRIMARY KEY (id, at)",
    "CREATE INDEX ON storage.log_parts (recipient_id)",
    "CREATE INDEX ON storage.log_parts (provider_message_id)"
    " WHERE kind = 'attempt' AND provider_message_id IS NOT NULL",
    "CREATE INDEX ON storage.log_parts (store_id, id DESC)",
)
RECIPIENT_INDEXES = (
    "ALTER TABLE storage.people_parts ADD PRIMARY KEY (id, campaign_id)",
    "CREATE UNIQUE INDEX ON storage.people_parts (campaign_id, phone)",
    "CREATE INDEX ON storage.people_parts (contact_id)",
    "CREATE INDEX ON storage.people_parts (batch_id)",
)
OLD_LINES = """
    INSERT INTO storage.{name} (id, store_id, campaign_id, recipient_id, batch_id, attempt, account_id, kind, outcome,
                                provider_message_id, raw_status, error_class, error_code, text, at)
    SELECT n, 1, n / 1000, n, n / 500, 1, 1, 'attempt', 'accepted', md5(n::text), '', '', '', repeat('x', 80),
           %(first)s + interval '1 month' * (n * {months} / (%(rows)s + 1))
      FROM generate_series(1::bigint, %(rows)s) AS n
"""
COPY = """
    COPY storage.{name} (id, store_id, campaign_id, recipient_id, batch_id, attempt, account_id, kind, outcome,
                         provider_message_id, raw_status, error_class, error_code, text, at) FROM STDIN
"""
LOOK = """
    SELECT l.recipient_id
      FROM storage.{name} l
     WHERE l.kind = 'attempt'
       AND l.provider_message_id = ANY(%s)
"""
DELETE = """
    DELETE FROM storage.log
     WHERE id IN (SELECT l.id FROM storage.log l WHERE l.at < %s ORDER BY l.id LIMIT 10000)
"""
PEOPLE = """
    INSERT INTO storage.{name} (id, store_id, campaign_id, contact_id, batch_id, phone, status, reason, error_code,
                                parts, credits, charged, attempt, rank)
    SELECT n, 1, 1 + n * {hashes} / (%(rows)s + 1), n, n / 500, '+3069' || n, 'pending', '', '', 1, 1, 0, 0, 0
      FROM generate_series(1::bigint, %(rows)s) AS n
"""
MOVE = """
    UPDATE storage.{name} r
       SET status = 'sent', charged = r.credits, sent_at = now()
      FROM json_to_recordset(%s) AS o (id bigint, campaign_id bigint)
     WHERE r.id = o.id {more}
"""
WITH_KEY = "AND r.campaign_id = o.campaign_id"


def prepare(link: Link, task: dict[str, Any]) -> Work:
    """`rows` of each kind, in one table and in parts."""
    rows = task["rows"]
    link.execute(SCHEMA)
    _lay_log(link, rows)
    _lay_people(link, rows)
    link.execute("CHECKPOINT")

    def work() -> dict[str, Any]:
        return {**_log(link, rows), **_people(link, rows), **_removal(link)}

    return work


def _lay_log(link: Link, rows: int) -> None:
    link.execute(WHOLE.format(name="log", table="messaging_messagelog"))
    link.execute(PARTS.format(name="log_parts", table="messaging_messagelog", by="RANGE (at)"))
    for month in range(MONTHS + 1):
        year, number = divmod(month, 12)
        ends = divmod(month + 1, 12)
        link.execute(
            f"CREATE TABLE storage.log_{month} PARTITION OF storage.log_parts"
            f" FOR VALUES FROM ('{2024 + year}-{number + 1:02}-01Z') TO ('{2024 + ends[0]}-{ends[1] + 1:02}-01Z')"
        )
    for statement in LOG_INDEXES:
        link.execute(statement)
    for name in ("log", "log_parts"):
        link.execute(OLD_LINES.format(name=name, months=MONTHS), {"rows": rows, "first": FIRST})
        link.execute(f"VACUUM ANALYZE storage.{name}")


def _lay_people(link: Link, rows: int) -> None:
    link.execute(WHOLE.format(name="people", table="campaigns_campaignrecipient"))
    link.execute(PARTS.format(name="people_parts", table="campaigns_campaignrecipient", by="HASH (campaign_id)"))
    for part in range(HASHES):
        link.execute(
            f"CREATE TABLE storage.people_{part} PARTITION OF storage.people_parts"
            f" FOR VALUES WITH (MODULUS {HASHES}, REMAINDER {part}) WITH (fillfactor = 60)"
        )
    link.execute("ALTER TABLE storage.people SET (fillfactor = 60)")
    for statement in RECIPIENT_INDEXES:
        link.execute(statement)
    for name in ("people", "people_parts"):
        link.execute(PEOPLE.format(name=name, hashes=HASHES), {"rows": rows})
        link.execute(f"VACUUM ANALYZE storage.{name}")


def _log(link: Link, rows: int) -> dict[str, float]:
    """Seconds to append a fiftieth of the rows, and to find a thousand provider ids a hundred times."""
    spent = dict.fromkeys(("append log", "append log_parts", "find log", "find log_parts"), 0.0)
    at = FIRST + timedelta(days=31 * (MONTHS - 1))
    for chunk in range(max(1, rows // 50 // CHUNK)):
        first = rows + 1 + chunk * CHUNK
        for name in ("log", "log_parts"):
            began = time.perf_counter()
            with link.transaction(), link.cursor().copy(COPY.format(name=name)) as copy:
                for n in range(first, first + CHUNK):
                    line = (n, 1, n, n, n, 1, 1, "attempt", "accepted", f"{n:032x}", "", "", "", "x" * 80, at)
                    copy.write_row(line)
            spent[f"append {name}"] += time.perf_counter() - began
    for look in range(LOOKUPS):
        ids = [f"{n:032x}" for n in range(rows + 1 + look, rows + 1001 + look)]
        for name in ("log", "log_parts"):
            began = time.perf_counter()
            link.execute(LOOK.format(name=name), [ids]).fetchall()
            spent[f"find {name}"] += time.perf_counter() - began
    return spent


def _people(link: Link, rows: int) -> dict[str, float]:
    """Seconds per row to move people a batch at a time: by primary key alone, and with the campaign beside it."""
    spent = dict.fromkeys(("move people", "move people_parts", "move people_parts with its key"), 0.0)
    moved = dict.fromkeys(spent, 0)
    for batch in range(min(rows, MOVED) // CHUNK):
        people = [
            {"id": n, "campaign_id": 1 + n * HASHES // (rows + 1)}
            for n in range(batch * CHUNK + 1, (batch + 1) * CHUNK + 1)
        ]
        keyed = batch % 2 == 1
        ways = {"move people": "", f"move people_parts{' with its key' if keyed else ''}": WITH_KEY if keyed else ""}
        for way, more in ways.items():
            began = time.perf_counter()
            sql = MOVE.format(name=way.split()[1], more=more)
            moved[way] += link.execute(sql, [json.dumps(people)]).rowcount
            spent[way] += time.perf_counter() - began
    return {way: seconds / max(moved[way], 1) for way, seconds in spent.items()}


def _removal(link: Link) -> dict[str, float]:
    """Seconds to remove the oldest month: row by row in bounded statements with the vacuum after, and as a part."""
    began = time.perf_counter()
    while link.execute(DELETE, [FIRST + timedelta(days=31)]).rowcount:
        pass
    deleted = time.perf_counter() - began
    link.execute("VACUUM storage.log")
    vacuumed = time.perf_counter() - began
    link.execute("DROP TABLE storage.log_0")
    return {"delete": deleted, "delete and vacuum": vacuumed, "drop": time.perf_counter() - began - vacuumed}


if __name__ == "__main__":
    perform(prepare)
