"""Whether the sweeps run: what the schedule promises against what the runs say."""

from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone

from config.beat import SCHEDULE
from config.models import SweepRun

AT_LEAST = 60  # seconds that any sweep may be late: a worker that restarts takes its time


class Sweep(NamedTuple):
    """A sweep's schedule and its last run.

    `every`, `age` (since its start), `since_success` (since its last good end): seconds; `error`: the kind of error it
    ended with, or "".
    """

    name: str
    every: float
    started_at: datetime | None
    finished_at: datetime | None
    counts: dict[str, Any]
    error: str
    runs: int
    late: bool
    age: float | None
    since_success: float | None = None


def sweeps(*, since: datetime | None) -> list[Sweep]:
    """Every sweep of the schedule. One that never ran is late when Beat lives long enough: `since` its start."""
    now = timezone.now()
    runs = {run.name: run for run in SweepRun.objects.all()}
    return [_sweep(task.value, every, runs.get(task.value), now=now, since=since) for task, every in SCHEDULE.items()]


def _sweep(name: str, every: float, run: SweepRun | None, *, now: datetime, since: datetime | None) -> Sweep:
    last = run.started_at if run else since
    age = (now - last).total_seconds() if last else None
    late = age is None or age > max(3 * every, AT_LEAST)
    if run is None:
        return Sweep(name, every, None, None, {}, "", 0, late, None)
    # What an error says may quote a row: only its kind is for everybody.
    error = run.error.partition(":")[0]
    good = (now - run.succeeded_at).total_seconds() if run.succeeded_at else None
    return Sweep(name, every, run.started_at, run.finished_at, run.counts, error, run.runs, late, age, good)
