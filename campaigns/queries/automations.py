"""Statements about what automations did."""

from datetime import datetime
from typing import NamedTuple

from config.sql import fetch_one


class People(NamedTuple):
    """How many."""

    number: int


def opt_outs_after(*, automation_id: int, store_id: int, since: datetime, days: int) -> int:
    """People who opted out since then, within `days` after the automation had put them into a run.

    Indexes: consentevent_opt_outs for the store's opt-outs, then automationfire_once for each.
    """
    sql = """
        SELECT count(DISTINCT e.contact_id)
          FROM audiences_consentevent e
         WHERE e.store_id = %(store_id)s
           AND e.after = 'opted_out'
           AND e.created_at >= %(since)s
           AND EXISTS (SELECT
                         FROM campaigns_automationfire f
                        WHERE f.contact_id = e.contact_id
                          AND f.automation_id = %(automation_id)s
                          AND f.run_id IS NOT NULL
                          AND e.created_at BETWEEN f.fired_at AND f.fired_at + make_interval(days => %(days)s))
    """
    params = {"automation_id": automation_id, "store_id": store_id, "since": since, "days": days}
    found = fetch_one(sql, params, People)
    return found.number if found else 0
