"""Baseline of a quote: one stream of the people who may be texted, parts counted in Python."""

from typing import Any

from messaging.benchmark.raw.program import Link, Work, perform
from providers.gsm import Counter

STREAM = """
    SELECT c.country, coalesce(nullif(c.first_name, ''), 'there')
      FROM audiences_contact c
     WHERE c.store_id = %s
       AND c.phone IS NOT NULL
       AND c.consent = 'opted_in'
       AND NOT EXISTS (SELECT
                         FROM audiences_suppression s
                        WHERE s.phone_hash = c.phone_hash
                          AND (s.store_id = c.store_id OR s.store_id IS NULL))
"""


def prepare(link: Link, task: dict[str, Any]) -> Work:
    """The contacts of `store`."""
    counter = Counter(task["literals"])

    def work() -> dict[str, Any]:
        people = parts = 0
        with link.transaction(), link.cursor(name="stream") as cursor:
            cursor.itersize = 10_000
            for _country, name in cursor.execute(STREAM, [task["store"]]):
                people, parts = people + 1, parts + counter.parts((name,))
        return {"people": people, "parts": parts}

    return work


if __name__ == "__main__":
    perform(prepare)
