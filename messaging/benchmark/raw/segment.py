"""Baseline of a segment: its five rules as one statement, written by hand."""

from typing import Any

from messaging.benchmark.raw.program import Link, Work, perform

COUNT = """
    SELECT count(*)
      FROM audiences_contact c
     WHERE c.store_id = %(store)s
       AND c.erased_at IS NULL
       AND c.gender = 'female'
       AND c.birthday > %(after)s
       AND c.birthday <= %(until)s
       AND (c.fields ->> 'shoe_size')::numeric >= %(size)s
       AND EXISTS (SELECT FROM audiences_listmembership m WHERE m.list_id = %(list)s AND m.contact_id = c.id)
       AND NOT EXISTS (SELECT
                         FROM campaigns_campaignrecipient r
                         JOIN campaigns_campaign k ON k.id = r.campaign_id
                        WHERE r.contact_id = c.id
                          AND r.status IN ('sent', 'delivered', 'undelivered')
                          AND k.store_id = %(store)s
                          AND k.kind NOT IN ('test', 'direct')
                          AND k.started_at >= %(since)s)
"""


def prepare(link: Link, task: dict[str, Any]) -> Work:
    """The contacts of `store`, counted so many `times`."""
    link.execute("SET work_mem = '64MB'")  # as the product does
    link.execute(COUNT, task)

    def work() -> dict[str, Any]:
        counts = [link.execute(COUNT, task).fetchone() for _ in range(task["times"])]
        return {"count": counts[-1][0] if counts[-1] else 0}

    return work


if __name__ == "__main__":
    perform(prepare)
