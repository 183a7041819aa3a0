"""Processes of another installation are noticed, whichever of broker and database is the wrong one."""

from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django import Settings

from config import redis, strangers
from config.heartbeats import Process, beat, processes
from config.models import Heartbeat
from config.strangers import sign_in
from messaging.health.checks import installation
from messaging.models import Alert
from messaging.watchdog.alerts import watch
from tests.messaging.house import healthy

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody() -> Iterator[None]:
    """Nobody signed in before, nor stays signed in."""
    redis.broker().delete(strangers.KEY)
    yield
    redis.broker().delete(strangers.KEY)


def others() -> list[str]:
    return strangers.strangers(processes())


def test_who_talks_to_the_same_is_no_stranger() -> None:
    beat(Process(name="send1@host", kind="worker"))
    sign_in("send1@host")

    assert others() == []


def test_a_process_with_our_database_and_another_broker_is_one(settings: Settings) -> None:
    before, settings.CELERY_BROKER_URL = settings.CELERY_BROKER_URL, "redis://elsewhere:6379/0"
    beat(Process(name="web@host.1", kind="web"))
    settings.CELERY_BROKER_URL = before

    assert others() == ["web@host.1"]


def test_a_process_at_our_broker_with_another_database_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setitem(connection.settings_dict, "NAME", "somewhere_else")
        sign_in("web@host.2")

    assert Heartbeat.objects.count() == 0
    assert others() == ["web@host.2"]


def test_it_is_an_alert_and_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    healthy()
    with monkeypatch.context() as elsewhere:
        elsewhere.setitem(connection.settings_dict, "NAME", "somewhere_else")
        sign_in("web@host.2")

    watch()

    assert installation(processes()).reason == "Another broker or database than here: web@host.2."
    assert [(alert.name, alert.subject) for alert in Alert.objects.all()] == [("installation", "process:web@host.2")]


def test_who_has_not_signed_in_for_half_a_minute_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    redis.broker().zadd(strangers.KEY, {"elsewhere web@host.3": 1})
    assert others() == []

    sign_in("send1@host")
    assert redis.broker().zcard(strangers.KEY) == 1


def test_without_the_broker_only_the_rows_are_known(settings: Settings) -> None:
    Heartbeat.objects.create(
        name="web@host.1",
        kind="web",
        pid=1,
        host="host",
        fingerprint="elsewhere",
        started_at="2026-01-01T00:00:00Z",
        beat_at="2999-01-01T00:00:00Z",
    )
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    redis.broker.cache_clear()
    try:
        sign_in("send1@host")
        assert others() == ["web@host.1"]
    finally:
        redis.broker.cache_clear()
