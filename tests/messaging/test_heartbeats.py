"""Heartbeats: one row per process, renewed, taken away, and never the end of the process."""

import logging
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from config import heartbeats, strangers
from config.beat import TableScheduler
from config.celery import app
from config.heartbeats import Process, beat, fingerprint, leave, processes
from config.hearts import Heart, tell_start
from config.models import Heartbeat
from config.redis import broker
from config.version import VERSION


def age(seconds: float) -> None:
    """Make all heartbeats older."""
    Heartbeat.objects.update(beat_at=timezone.now() - timedelta(seconds=seconds))


@pytest.mark.django_db
def test_a_process_has_one_row_that_it_renews_and_takes_away() -> None:
    worker = Process(name="send1@host", kind="worker", queues=("send",))
    beat(worker)
    age(100)

    assert beat(worker)

    [seen] = processes()
    assert (seen.name, seen.queues, seen.alive) == ("send1@host", ("send",), True)
    leave(worker)
    assert processes() == []


@pytest.mark.django_db
def test_who_took_over_the_name_is_not_taken_away() -> None:
    beat(Process(name="send1@host", kind="worker", pid=2))

    leave(Process(name="send1@host", kind="worker", pid=1))

    assert [process.name for process in processes()] == ["send1@host"]


@pytest.mark.django_db
def test_rows_of_processes_that_were_killed_are_forgotten_after_an_hour() -> None:
    beat(Process(name="killed@host", kind="worker"))
    age(3601)

    leave(Process(name="other@host", kind="worker"))

    assert processes() == []


@pytest.mark.django_db
def test_a_database_that_refuses_does_not_kill_the_process() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")

    assert beat(Process(name="send1@host", kind="worker")) is False


@pytest.mark.django_db(transaction=True)
def test_a_heart_beats_until_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "EVERY", 0.05)
    heart = Heart(name="send1@host", kind="worker", queues={"send"})
    heart.start()
    deadline = time.monotonic() + 10
    while not processes() and time.monotonic() < deadline:
        time.sleep(0.02)
    first = Heartbeat.objects.get().beat_at

    time.sleep(0.5)
    assert Heartbeat.objects.get().beat_at > first

    heart.stop()
    assert processes() == []


@pytest.mark.django_db
def test_the_fingerprint_follows_the_place_and_not_the_password(settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "redis://user:one@broker:6379/0"
    first = fingerprint()

    settings.CELERY_BROKER_URL = "redis://user:two@broker:6379/0"
    assert fingerprint() == first

    settings.CELERY_BROKER_URL = "redis://user:two@broker:6379/1"
    assert fingerprint() != first


@pytest.mark.django_db(transaction=True)
def test_a_tick_of_beat_is_its_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TableScheduler, "apply_entry", lambda *_, **__: None)  # publish nothing
    scheduler = TableScheduler(app=app)
    assert processes() == []

    scheduler.tick()

    assert [(process.kind, process.alive) for process in processes()] == [("beat", True)]
    scheduler.close()
    assert processes() == []


# What a process says when it starts ---------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_it_says_once_what_it_is_and_what_it_really_talks_to(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CELERY_BROKER_URL = "rediss://mary:hush@broker.example.org:6380/3?ssl_cert_reqs=CERT_NONE"
    monkeypatch.setattr(heartbeats, "EVERY", 0.02)
    heart = Heart(name="send1@host", kind="worker", queues={"send", "default"})
    with caplog.at_level(logging.INFO, logger="config"):
        heart.start()
        deadline = time.monotonic() + 20
        while not caplog.records and time.monotonic() < deadline:
            time.sleep(0.02)
        heart.stop()
    broker().delete(strangers.KEY)  # it signed in with another address

    [line] = [record for record in caplog.records if record.message == "process_started"]
    told = line.__dict__
    assert (told["kind"], told["heart"], told["queues"]) == ("worker", "send1@host", "default,send")
    assert (told["version"], told["database_answers"]) == (VERSION, True)
    assert told["broker"] == "rediss://broker.example.org:6380/3"
    assert told["database"].endswith(f"/{connection.settings_dict['NAME']}")
    assert told["fingerprint"] == fingerprint()
    assert "hush" not in caplog.text
    assert "mary" not in caplog.text


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_not_said_to_be_connected(caplog: pytest.LogCaptureFixture) -> None:
    worker = Process(name="send1@host", kind="worker")
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
    with caplog.at_level(logging.INFO, logger="config"):
        tell_start(worker, database_answers=beat(worker))

    assert [
        record.__dict__["database_answers"] for record in caplog.records if record.message == "process_started"
    ] == [False]
