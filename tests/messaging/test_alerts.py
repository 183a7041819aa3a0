"""Alerts: opened once, closed when the trouble is over, shown where people look."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from config.models import Heartbeat, SweepRun
from messaging.models import Alert
from messaging.tidy import tidy
from messaging.watchdog import watchman
from messaging.watchdog.alerts import LOCK, watch
from tests.api.clients import V1, with_key
from tests.factories import StoreFactory
from tests.messaging.house import QUEUES, healthy, seen, without_sender
from tests.races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def working(db: None, settings: Settings, tmp_path: Path) -> None:
    """A house in which everything works, with a spool of its own."""
    settings.LOCAL_DIR = tmp_path
    healthy()


# Opened once, closed when over --------------------------------------------------------------------------------------


def test_it_is_told_once_and_is_over_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="messaging"):
        without_sender()
        seen()
        seen()
        Heartbeat.objects.filter(kind="worker").update(queues=",".join(QUEUES))
        assert seen() == []

    told = [(record.message, record.levelname) for record in caplog.records if record.message.startswith("alert_")]
    assert told == [("alert_opened", "ERROR"), ("alert_closed", "INFO")]
    assert Alert.objects.get().closed_at is not None


def test_what_comes_back_is_a_new_alert() -> None:
    for queues in ("send", ",".join(QUEUES), "send"):
        Heartbeat.objects.filter(kind="worker").update(queues=queues)
        watch()

    assert Alert.objects.filter(name="no_worker", subject="queue:default").count() == 2
    assert Alert.objects.filter(name="no_worker", subject="queue:default", closed_at=None).count() == 1


def test_a_look_that_fails_is_an_alert_and_hides_no_other() -> None:
    without_sender()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audiences_contactimport RENAME COLUMN touched_at TO moved_at")

    assert seen() == [("no_worker", "queue:send"), ("watchdog", "look:stuck_imports")]


def test_nothing_of_a_sweep_s_error_but_its_kind_is_told() -> None:
    SweepRun.objects.filter(name="messaging.finish_drained").update(error="ValueError: secret")
    watch()

    assert Alert.objects.get().detail == "failed: ValueError"


def test_old_alerts_are_tidied_away() -> None:
    now = timezone.now()
    for days, subject in ((91, "old"), (89, "young")):
        closed = now - timedelta(days=days)
        Alert.objects.create(name="x", subject=subject, detail="", opened_at=closed, seen_at=closed, closed_at=closed)

    assert tidy()["alerts"] == 1
    assert Alert.objects.get().subject == "young"


# Where it is seen, and by whom it is looked -------------------------------------------------------------------------


def test_the_state_of_the_house_shows_it() -> None:
    Heartbeat.objects.filter(kind="beat").delete()
    watch()

    alerts = with_key(StoreFactory.create()).get(f"{V1}/jobs/health").json()["alerts"]

    assert [(alert["name"], alert["detail"]) for alert in alerts] == [
        ("no_beat", "No Beat is alive: nothing scheduled starts, lost work is not found.")
    ]


def test_the_dashboard_shows_it(admin_client: Any) -> None:
    Heartbeat.objects.filter(kind="beat").delete()
    watch()

    assert "No Beat is alive: nothing scheduled starts, lost work is not found." in admin_client.get("/admin/").text


def test_when_somebody_looks_already_nothing_is_done_twice(transactional_db: None) -> None:
    without_sender()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [LOCK])
        [other] = at_once(1, lambda _: watch())
        cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [LOCK])

    assert (other, Alert.objects.count()) == ({"open": 0, "opened": 0, "closed": 0}, 0)


@pytest.mark.race
def test_many_looks_at_once_open_one_alert(transactional_db: None) -> None:
    without_sender()

    at_once(8, lambda _: watch())

    assert Alert.objects.filter(name="no_worker").count() == 1


def test_without_any_worker_the_stream_process_looks(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    Heartbeat.objects.all().delete()
    monkeypatch.setattr(watchman, "EVERY", 0.05)
    looking = watchman.Watchman()

    looking.start()
    ends = timezone.now() + timedelta(seconds=20)
    while not Alert.objects.filter(name="no_beat").exists() and timezone.now() < ends:
        connection.close()
    looking.stop()

    assert Alert.objects.filter(name="no_worker").count() == 5
