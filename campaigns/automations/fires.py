"""Writing down whom an automation means. The unique key decides: a second time nothing is written."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Min, QuerySet

from campaigns.models import Automation, AutomationFire, AutomationRun
from config.sql import fetch


class Meant(NamedTuple):
    """A contact who was not meant before."""

    contact_id: int


class Wanted(NamedTuple):
    """A contact who is meant from a moment on, once per key."""

    contact_id: int
    key: str
    due_at: datetime


def put(contact_ids: Sequence[int], *, run: AutomationRun, key: str, now: datetime) -> list[int]:
    """Mean these contacts and put them into the run; those who were not meant under this key before.

    One statement. Index: automationfire_once.
    """
    sql = """
        INSERT INTO campaigns_automationfire (automation_id, contact_id, key, run_id, due_at, created_at, fired_at)
        SELECT %(automation_id)s, c.id, %(key)s, %(run_id)s, %(due_at)s, %(now)s, %(now)s
          FROM unnest(%(contact_ids)s::bigint[]) AS c (id)
            ON CONFLICT DO NOTHING
        RETURNING contact_id
    """
    ids = {"automation_id": run.automation_id, "run_id": run.pk, "contact_ids": list(contact_ids)}
    rows = fetch(sql, {**ids, "key": key, "due_at": run.due_at, "now": now}, Meant)
    return sorted(row.contact_id for row in rows)


def wait(automation: Automation, wanted: Iterable[Wanted], *, now: datetime) -> int:
    """Let these contacts wait for their time; how many were new. The automation is locked by the caller.

    Its `next_run_at` is moved in the same transaction: whoever gathers holds that lock too, so nobody is forgotten.
    """
    rows = [
        AutomationFire(automation=automation, contact_id=one.contact_id, key=one.key, due_at=one.due_at, created_at=now)
        for one in wanted
    ]
    before = _of(automation, [row.contact_id for row in rows]).count()
    AutomationFire.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    new = _of(automation, [row.contact_id for row in rows]).count() - before
    if new:
        soonest = min(row.due_at for row in rows)
        if automation.next_run_at is None or automation.next_run_at > soonest:
            Automation.objects.filter(pk=automation.pk).update(next_run_at=soonest)
    return new


def _of(automation: Automation, contact_ids: Sequence[int]) -> "QuerySet[AutomationFire]":
    return AutomationFire.objects.filter(automation=automation, contact_id__in=contact_ids)


def waiting(automation: Automation) -> "QuerySet[AutomationFire]":
    """Who waits, soonest first. Index: automationfire_waiting."""
    return AutomationFire.objects.filter(automation=automation, run=None, left_out="").order_by("due_at", "pk")


def soonest(automation: Automation) -> datetime | None:
    """When the first of those who wait is due."""
    at: datetime | None = waiting(automation).order_by().aggregate(at=Min("due_at"))["at"]
    return at


def leave_out(fire_ids: Sequence[int], *, reason: str) -> int:
    """Who waits no more, and why."""
    return AutomationFire.objects.filter(pk__in=fire_ids, run=None).update(left_out=reason)


def lock(automation_ids: Iterable[int]) -> list[Automation]:
    """Those that are still switched on, locked in the order of their ids until the transaction ends."""
    rows = Automation.objects.select_for_update(no_key=True).filter(pk__in=list(automation_ids), active=True)
    return list(rows.order_by("pk"))
