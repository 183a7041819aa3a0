"""Statements about what automations did."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from campaigns.queries.watching import OPT_OUTS_MAX
from config.sql import execute, fetch_one


class People(NamedTuple):
    """How many."""

    number: int


def opt_outs_after(*, automation_id: int, store_id: int, since: datetime, days: int) -> int:
    """People who opted out since then, within `days` after the automation had put them into a run.

    Looks at the first OPT_OUTS_MAX opt-outs of the store. Indexes: consentevent_opt_outs, then automationfire_once for
    each of them.
    """
    sql = """
        WITH gone AS MATERIALIZED (
            SELECT e.contact_id, e.created_at
              FROM audiences_consentevent e
             WHERE e.store_id = %(store_id)s
               AND e.after = 'opted_out'
               AND e.created_at >= %(since)s
             ORDER BY e.created_at
             LIMIT %(most)s
        )
        SELECT count(DISTINCT g.contact_id)
          FROM gone g
         CROSS JOIN LATERAL (SELECT
                               FROM campaigns_automationfire f
                              WHERE f.contact_id = g.contact_id
                                AND f.automation_id = %(automation_id)s
                                AND f.run_id IS NOT NULL
                                AND g.created_at BETWEEN f.fired_at AND f.fired_at + make_interval(days => %(days)s)
                              LIMIT 1) f
    """
    params = {"automation_id": automation_id, "store_id": store_id, "since": since, "days": days, "most": OPT_OUTS_MAX}
    found = fetch_one(sql, params, People)
    return found.number if found else 0


@contextmanager
def by_index() -> Iterator[None]:
    """Look each person up by an index; in a transaction of its own if there is none.

    Without statistics of a table that has just grown the planner would read it whole, once per person.
    """
    with transaction.atomic():
        execute("SET LOCAL enable_seqscan = off", {})
        yield
        execute("SET LOCAL enable_seqscan TO DEFAULT", {})
