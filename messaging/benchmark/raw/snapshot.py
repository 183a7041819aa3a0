"""Baseline of the snapshot: contacts in chunks by key, parts counted, recipients by COPY; a transaction per chunk."""

from typing import Any

from messaging.benchmark.raw.program import Link, Work, perform
from providers.gsm import Counter

CHUNK = """
    SELECT c.id, c.phone, c.country, coalesce(nullif(c.first_name, ''), 'there')
      FROM audiences_contact c
     WHERE c.store_id = %s
       AND c.id > %s
       AND c.phone IS NOT NULL
       AND c.consent = 'opted_in'
       AND NOT EXISTS (SELECT
                         FROM audiences_suppression s
                        WHERE s.phone_hash = c.phone_hash
                          AND (s.store_id = c.store_id OR s.store_id IS NULL))
     ORDER BY c.id
     LIMIT %s
"""
BATCHES = """
    INSERT INTO campaigns_sendbatch
           (store_id, campaign_id, reservation_id, run, state, size, parts, fence, owner, claims, attempt, spent,
            error_class, error, resolution, created_at)
    SELECT %s, %s, %s, 1, 'ready', o.size, o.parts, 0, '', 0, 0, 0, '', '', '', now()
      FROM unnest(%s::int[], %s::int[]) WITH ORDINALITY AS o (size, parts, place)
     ORDER BY o.place
    RETURNING id
"""
COPY = """
    COPY campaigns_campaignrecipient (store_id, campaign_id, contact_id, batch_id, phone, parts, credits) FROM STDIN
"""
PROGRESS = """
    UPDATE campaigns_campaignprogress
       SET audience = audience + %(people)s, pending = pending + %(people)s, version = version + 1
     WHERE campaign_id = %(campaign)s
"""
DONE = "UPDATE campaigns_campaignsnapshot SET done_at = now() WHERE campaign_id = %s"
CURSOR = "UPDATE campaigns_campaignsnapshot SET cursor = %s WHERE campaign_id = %s"


def prepare(link: Link, task: dict[str, Any]) -> Work:
    """`contacts_of`: the store whose contacts are texted; `store`, `campaign`, `reservation`: on whose account."""
    counter = Counter(task["literals"])

    def work() -> dict[str, Any]:
        after = people = 0
        while True:
            with link.transaction():
                rows = link.execute(CHUNK, [task["contacts_of"], after, task["chunk"]]).fetchall()
                if rows:
                    _write(link, task, counter, rows)
                    after, people = rows[-1][0], people + len(rows)
                    link.execute(CURSOR, [after, task["campaign"]])
            if len(rows) < task["chunk"]:
                link.execute(DONE, [task["campaign"]])
                return {"people": people}

    return work


def _write(link: Link, task: dict[str, Any], counter: Counter, rows: list[tuple[Any, ...]]) -> None:
    size, on = task["size"], [task["store"], task["campaign"], task["reservation"]]
    parts = [counter.parts((name,)) for *_, name in rows]
    cuts = range(0, len(rows), size)
    sizes = [len(rows[at : at + size]) for at in cuts]
    batches = link.execute(BATCHES, [*on, sizes, [sum(parts[at : at + size]) for at in cuts]]).fetchall()
    with link.cursor().copy(COPY) as copy:
        for place, ((contact_id, phone, *_), number) in enumerate(zip(rows, parts, strict=True)):
            copy.write_row((on[0], on[1], contact_id, batches[place // size][0], phone, number, number))
    link.execute(PROGRESS, {"people": len(rows), "campaign": task["campaign"]})


if __name__ == "__main__":
    perform(prepare)
