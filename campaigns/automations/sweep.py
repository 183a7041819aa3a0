"""The sweep that looks at automations when their time has come: oldest first, each in a transaction of its own."""

import logging
import time
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from campaigns.automations.days import Hour
from campaigns.automations.gather import gather
from campaigns.automations.runs import Ran, run_day
from campaigns.models import Automation
from campaigns.models.automation import DAILY

log = logging.getLogger(__name__)

SLICE_SECONDS = 20.0
TRY_AGAIN = timedelta(minutes=5)
OUTCOMES = ("made", "nobody", "missed", "again", "failed")


def run_due(*, limit: int) -> dict[str, int]:
    """Run what is due, at most `limit` and for SLICE_SECONDS. Harmless when repeated, or when many do it at once.

    Each look moves the automation behind all others that are due, so no store keeps the others waiting. Whether
    something is due is judged by this process's clock: it says the hour, and the unique keys say that it is once.
    Returns {due, people, clocks, made, nobody, missed, again, failed}.
    """
    ends = time.monotonic() + SLICE_SECONDS
    counts = {"due": 0, "people": 0, "clocks": follow_clocks(limit=limit), **dict.fromkeys(OUTCOMES, 0)}
    while counts["due"] < limit and time.monotonic() < ends:
        ran = _next()
        if ran is None:
            break
        counts["due"] += 1
        counts[ran.outcome] += 1
        counts["people"] += ran.people
    return counts


def _next() -> Ran | None:
    """The most overdue automation that nobody else looks at. Index: automation_due."""
    now = timezone.now()
    rows = Automation.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).select_related("store")
    due = rows.filter(active=True, next_run_at__lte=now).order_by("next_run_at", "pk")
    found: int | None = None
    try:
        with transaction.atomic():
            automation = due.first()
            if automation is None:
                return None
            found = automation.pk
            return run_day(automation, now=now) if automation.kind in DAILY else gather(automation, now=now)
    except Exception:  # whatever one automation brings out: it keeps no other waiting
        if found is None:
            raise
        log.exception("automation_failed", extra={"automation_id": found})
        Automation.objects.filter(pk=found, next_run_at__lte=now).update(next_run_at=now + TRY_AGAIN)
        return Ran("failed")


def follow_clocks(*, limit: int) -> int:
    """Reckon anew when stores have moved to another zone; how many. A day that was done is not done again."""
    now = timezone.now()
    moved = Automation.objects.filter(active=True, kind__in=DAILY).exclude(zone=F("store__time_zone"))
    found = list(moved.select_related("store").order_by("pk")[:limit])
    for automation in found:
        rows = Automation.objects.filter(pk=automation.pk, active=True, zone=automation.zone)
        rows.update(**next_time(automation, after=now))
    return len(found)


def next_time(automation: Automation, *, after: datetime) -> dict[str, object]:
    """The columns that say when a daily automation is due next, by the clock of its store."""
    zone = automation.store.time_zone
    clock = Hour(automation.send_hour or 0, zone)
    day = clock.first_day(after)
    return {"zone": zone, "next_day": day, "next_run_at": clock.on(day)}
