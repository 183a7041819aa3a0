"""The schedule: one table, reviewed and versioned, written into django-celery-beat's rows at start.

Only short fixed intervals in UTC; when a campaign is due is a column. Two Beats are harmless: every sweep takes its
work by SKIP LOCKED. Each ring expires, so that a broker that was away does not get a day's worth of them.
"""

import time
from datetime import timedelta
from typing import Any

from celery.schedules import schedule
from django.db import connection
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from config import heartbeats, hearts, strangers
from config.queues import Task, queue_of

SCHEDULE: dict[Task, float] = {  # seconds
    Task.RING_LOST: 5,
    Task.LAUNCH_DUE: 5,
    Task.PUBLISH_EVENTS: 5,
    Task.COUNT_CLICKS: 5,
    Task.PUBLISH_MESSAGES: 10,
    Task.MEND_HOOKS: 15,
    Task.CLOSE_CANCELLED: 10,
    Task.EXPIRE_LEASES: 10,
    Task.EXPIRE_CALLS: 10,
    Task.FINISH_DRAINED: 10,
    Task.RESUME_SNAPSHOTS: 15,
    Task.SEND_CONFIRMATIONS: 10,
    Task.RUN_AUTOMATIONS: 15,
    Task.CLOSE_HOLDS: 30,
    Task.RESUME_IMPORTS: 30,
    Task.WATCH: 30,
    Task.TELL_ALERTS: 15,
    Task.POLL_SILENT: 60,
    Task.MOVE_FROM_SLOW: 60,
    Task.GIVE_UP_UNKNOWN: 60,
    Task.EXPIRE_OPT_INS: 60,
    Task.RENEW_PLANS: 60,
    Task.FOLLOW_PAYMENTS: 15,
    Task.REFUND_UNDELIVERED: 60,
    Task.TIDY: 600,
    Task.RETAIN: 600,
}


def entries() -> dict[str, dict[str, Any]]:
    """The table in Celery's form."""
    return {
        task.value: {
            "task": task.value,
            "schedule": schedule(timedelta(seconds=seconds)),
            # Not Celery's own word `expires`: the rows of django-celery-beat drop it without a sound.
            "options": {"queue": queue_of(task).value, "expire_seconds": int(max(seconds, 10))},
        }
        for task, seconds in SCHEDULE.items()
    }


class TableScheduler(DatabaseScheduler):  # type: ignore[misc]
    """django-celery-beat's scheduler with our rows: what is no longer in the table is switched off at start."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.process = heartbeats.this_process("beat")
        self.next_beat = 0.0  # by the monotonic clock
        self.busy = self.interrupted = False
        super().__init__(*args, **options)

    def tick(self, *args: Any, **options: Any) -> float:
        """Run what is due and return the seconds until the next tick; then beat.

        Here and in no thread: a Beat that hangs must look dead.
        """
        self.busy = True
        try:
            wait: float = super().tick(*args, **options)
            self._show_life()
        finally:
            self.busy = False
        return wait

    def _show_life(self) -> None:
        now = time.monotonic()
        if now >= self.next_beat:
            first, self.next_beat = not self.next_beat, now + heartbeats.EVERY
            beats = heartbeats.beat(self.process)
            strangers.sign_in(self.process.name)
            if first:
                hearts.tell_start(self.process, database_answers=beats)
            if not beats:
                connection.close()

    def close(self) -> None:
        """Save the schedule and say good-bye.

        Celery calls it from its signal handler, perhaps in the middle of a statement whose connection is locked:
        waiting there would be for ever. It then ends the tick by SystemExit and calls again.
        """
        if self.busy:
            self.interrupted = True
            return
        if self.interrupted:
            connection.close()
        super().close()
        heartbeats.leave(self.process)

    def setup_schedule(self) -> None:
        """Write the table into the rows."""
        table = entries()
        PeriodicTask.objects.exclude(name__in=table).update(enabled=False)
        PeriodicTask.objects.filter(name__in=table, enabled=False).update(enabled=True)
        self.update_from_dict(table)
