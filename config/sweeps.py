"""Sweeps: periodic tasks that find work in the database. Each run is recorded, so that its absence can be seen."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from celery import shared_task
from django.db.models import F
from django.utils import timezone

from config.logging import told
from config.models import SweepRun
from config.queues import Task

log = logging.getLogger(__name__)
Counts = dict[str, int]


def sweep(name: Task) -> Callable[[Callable[[], Counts]], Any]:
    """Make a function without arguments a task that records its run: times, counts, error."""

    def decorate(body: Callable[[], Counts]) -> Any:
        @shared_task(name=name.value)
        @wraps(body)
        def run() -> Counts:
            started = timezone.now()
            SweepRun.objects.get_or_create(name=name.value, defaults={"started_at": started})
            rows = SweepRun.objects.filter(name=name.value)
            rows.update(started_at=started)
            try:
                counts = body()
            except Exception as error:
                rows.update(error=told(error)[:500], finished_at=timezone.now())
                raise
            ended = timezone.now()
            rows.update(counts=counts, error="", finished_at=ended, succeeded_at=ended, runs=F("runs") + 1)
            if any(counts.values()):
                log.info("sweep_done", extra={"sweep": name.value, **counts})
            return counts

        return run

    return decorate
