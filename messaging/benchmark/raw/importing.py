"""Baseline of an import: the file's rows into a temporary table by COPY, then contacts and consents by sets."""

import csv
import hashlib
from itertools import islice
from pathlib import Path
from typing import Any

from messaging.benchmark.raw.program import Link, Work, perform

STAGING = """
    CREATE TEMPORARY TABLE staging (row bigint, phone text, phone_hash bytea, first_name text, last_name text)
        ON COMMIT DELETE ROWS
"""
CONTACTS = """
    WITH made AS (
        INSERT INTO audiences_contact
               (store_id, phone, phone_hash, country, first_name, last_name, email, gender, language, time_zone, fields,
                consent, consent_at, consent_source, created_at, updated_at)
        SELECT %(store)s, s.phone, s.phone_hash, 'GR', s.first_name, s.last_name, '', '', '', '', '{}',
               'opted_in', now(), 'benchmark', now(), now()
          FROM staging s
         ORDER BY s.row
            ON CONFLICT (store_id, phone) DO NOTHING
        RETURNING id
    )
    INSERT INTO audiences_consentevent (store_id, contact_id, before, after, source, evidence, actor, created_at)
    SELECT %(store)s, m.id, 'unknown', 'opted_in', 'benchmark', '{}', 'benchmark', now()
      FROM made m
"""


def prepare(link: Link, task: dict[str, Any]) -> Work:
    """The file at `path`, for the contacts of `store`."""
    link.execute(STAGING)
    key = b"benchmark"

    def work() -> dict[str, Any]:
        rows = 0
        with Path(task["path"]).open(newline="") as file:
            lines = csv.reader(file)
            next(lines)
            while chunk := list(islice(lines, task["chunk"])):
                with link.transaction():
                    with link.cursor().copy("COPY staging FROM STDIN") as copy:
                        for place, (phone, first, last) in enumerate(chunk):
                            wanted = hashlib.blake2b(phone.encode(), digest_size=16, key=key).digest()
                            copy.write_row((place, phone, wanted, first, last))
                    rows += link.execute(CONTACTS, {"store": task["store"]}).rowcount
        return {"rows": rows}

    return work


if __name__ == "__main__":
    perform(prepare)
