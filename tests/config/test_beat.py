"""The schedule is one table, written into the rows at start; nothing else rings by itself."""

import json
import os
import signal
import time
from datetime import datetime, timedelta
from threading import Timer
from typing import Any

import pytest
from celery import current_app
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks
from django_celery_beat.schedulers import DatabaseScheduler

from config import redis
from config.beat import SCHEDULE, TableScheduler, entries
from config.heartbeats import processes
from config.queues import Queue, Task

# Beat closes and opens connections as it likes.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scheduler() -> Any:
    """Beat's scheduler as it starts."""
    redis.client().delete(*Queue)
    yield TableScheduler(app=current_app)
    redis.client().delete(*Queue)


def rows() -> dict[str, tuple[str, str | None, int | None, bool]]:
    """Every row: task, queue, seconds, enabled."""
    found = PeriodicTask.objects.select_related("interval").exclude(interval=None)
    period = {IntervalSchedule.SECONDS: 1, IntervalSchedule.MINUTES: 60, IntervalSchedule.HOURS: 3600}
    return {
        row.name: (row.task, row.queue, row.interval.every * period[row.interval.period], row.enabled) for row in found
    }


def test_each_line_of_the_table_is_a_row(scheduler: Any) -> None:
    assert rows() == {
        "messaging.ring_lost": ("messaging.ring_lost", "default", 5, True),
        "campaigns.launch_due": ("campaigns.launch_due", "default", 5, True),
        "messaging.close_cancelled": ("messaging.close_cancelled", "default", 10, True),
        "messaging.expire_leases": ("messaging.expire_leases", "default", 10, True),
        "messaging.expire_calls": ("messaging.expire_calls", "default", 10, True),
        "messaging.finish_drained": ("messaging.finish_drained", "default", 10, True),
        "campaigns.resume_snapshots": ("campaigns.resume_snapshots", "default", 15, True),
        "campaigns.run_automations": ("campaigns.run_automations", "default", 15, True),
        "campaigns.close_holds": ("campaigns.close_holds", "default", 30, True),
        "audiences.resume_imports": ("audiences.resume_imports", "default", 30, True),
        "messaging.watch": ("messaging.watch", "default", 30, True),
        "messaging.tell_alerts": ("messaging.tell_alerts", "default", 15, True),
        "messaging.poll_silent": ("messaging.poll_silent", "default", 60, True),
        "messaging.move_from_slow": ("messaging.move_from_slow", "default", 60, True),
        "messaging.give_up_unknown": ("messaging.give_up_unknown", "default", 60, True),
        "campaigns.send_confirmations": ("campaigns.send_confirmations", "default", 10, True),
        "audiences.expire_opt_ins": ("audiences.expire_opt_ins", "default", 60, True),
        "billing.follow_payments": ("billing.follow_payments", "default", 15, True),
        "billing.renew_plans": ("billing.renew_plans", "default", 60, True),
        "messaging.refund_undelivered": ("messaging.refund_undelivered", "default", 60, True),
        "messaging.tidy": ("messaging.tidy", "default", 600, True),
        "messaging.retain": ("messaging.retain", "default", 600, True),
        "messaging.publish_events": ("messaging.publish_events", "default", 5, True),
        "messaging.publish_messages": ("messaging.publish_messages", "default", 10, True),
        "messaging.mend_hooks": ("messaging.mend_hooks", "default", 15, True),
        "messaging.count_clicks": ("messaging.count_clicks", "default", 5, True),
    }


def test_every_sweep_stands_in_the_table_and_nothing_else() -> None:
    rung_for_a_thing = {
        Task.RUN_IMPORT,
        Task.SNAPSHOT,
        Task.SEND_NEXT,
        Task.APPLY_RECEIPTS,
        Task.APPLY_INBOUND,
        Task.DELIVER_HOOKS,
    }

    assert set(SCHEDULE) == set(Task) - rung_for_a_thing


def test_a_ring_expires_before_a_heap_can_grow(scheduler: Any) -> None:
    for row in PeriodicTask.objects.exclude(interval=None):
        assert row.expire_seconds == max(SCHEDULE[Task(row.name)], 10), row.name


def test_starting_again_changes_nothing(scheduler: Any) -> None:
    before = list(PeriodicTask.objects.order_by("pk").values())

    TableScheduler(app=current_app)

    after = list(PeriodicTask.objects.order_by("pk").values())
    changing = {"date_changed": None, "last_run_at": None}
    assert [row | changing for row in after] == [row | changing for row in before]


def test_what_left_the_table_is_switched_off_and_kept(scheduler: Any) -> None:
    every = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.create(name="messaging.old_sweep", task="messaging.old_sweep", interval=every, enabled=True)

    TableScheduler(app=current_app)

    assert PeriodicTask.objects.get(name="messaging.old_sweep").enabled is False
    assert PeriodicTask.objects.get(name="messaging.ring_lost").enabled is True


def test_what_was_switched_off_by_hand_is_switched_on_at_start(scheduler: Any) -> None:
    PeriodicTask.objects.filter(name="messaging.ring_lost").update(enabled=False)

    TableScheduler(app=current_app)

    assert PeriodicTask.objects.get(name="messaging.ring_lost").enabled is True


def test_an_interval_that_was_changed_by_hand_is_the_tables_again(scheduler: Any) -> None:
    hourly = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.HOURS)
    PeriodicTask.objects.filter(name="messaging.ring_lost").update(interval=hourly, queue="nowhere")

    TableScheduler(app=current_app)

    assert rows()["messaging.ring_lost"] == ("messaging.ring_lost", "default", 5, True)


def test_what_is_due_is_rung_for_once(scheduler: Any) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    PeriodicTask.objects.filter(name="messaging.tidy").update(last_run_at=long_ago)
    PeriodicTask.objects.exclude(name="messaging.tidy").update(last_run_at=timezone.now() + timedelta(hours=1))
    PeriodicTasks.update_changed()
    fresh = TableScheduler(app=current_app)

    for _ in range(3):
        fresh.tick()

    [message] = [json.loads(text) for text in redis.client().lrange(Queue.DEFAULT, 0, -1)]
    assert message["headers"]["task"] == "messaging.tidy"
    expires = datetime.fromisoformat(message["headers"]["expires"])
    assert timedelta(seconds=590) < expires - timezone.now() <= timedelta(seconds=600)


def test_a_beat_that_ticks_shows_a_heart_and_takes_it_away(scheduler: Any) -> None:
    scheduler.tick()
    assert [(process.kind, process.alive) for process in processes()] == [("beat", True)]

    scheduler.close()

    assert processes() == []


def test_a_signal_in_the_middle_of_a_statement_ends_beat_and_does_not_hang_it(
    scheduler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def terminate(*_: object) -> None:  # as Celery's handler does
        scheduler.close()
        raise SystemExit

    def slow(*_: object) -> float:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(20)")
        return 1.0

    scheduler.tick()
    monkeypatch.setattr(DatabaseScheduler, "tick", slow)
    before = signal.signal(signal.SIGUSR1, terminate)
    Timer(0.5, os.kill, [os.getpid(), signal.SIGUSR1]).start()
    began = time.monotonic()

    with pytest.raises(SystemExit):
        scheduler.tick()
    scheduler.close()  # as Celery does once the tick has unwound

    signal.signal(signal.SIGUSR1, before)
    assert time.monotonic() - began < 10
    assert processes() == []


def test_the_table_goes_to_celery_with_its_queue() -> None:
    made = entries()["messaging.tidy"]

    assert (made["task"], made["options"]) == ("messaging.tidy", {"queue": "default", "expire_seconds": 600})
    assert made["schedule"].run_every == timedelta(minutes=10)
