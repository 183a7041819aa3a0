"""Alerts reach people whatever else is broken: Redis, a channel that hangs, senders that are killed or many."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from config import redis
from config.heartbeats import fingerprint
from config.models import Heartbeat
from messaging.models import AlertNotice
from messaging.watchdog import watchman
from messaging.watchdog.alerts import watch
from messaging.watchdog.tell import tell
from tests.hooks.receiver import Receiver, Reply
from tests.messaging.house import without_sender
from tests.races import at_once
from tests.watch.test_notices import NOBODY, TOLD, channels, only_webhook, pass_time

__all__ = ["channels", "only_webhook"]
pytestmark = pytest.mark.usefixtures("working")


def test_it_works_while_redis_is_away(receiver: Receiver, settings: Settings, only_webhook: None) -> None:
    settings.REDIS_URL = settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    redis.client.cache_clear()
    redis.broker.cache_clear()
    Heartbeat.objects.update(fingerprint=fingerprint())
    try:
        watch()
        tell()
    finally:
        redis.client.cache_clear()
        redis.broker.cache_clear()

    assert [alert["name"] for alert in receiver.calls[0].body["alerts"]] == ["redis"]


def test_no_transaction_is_open_while_somebody_is_told(
    transactional_db: None, receiver: Receiver, only_webhook: None
) -> None:
    held: list[int] = []

    def look(_: Any) -> Reply:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
                " WHERE c.relname = 'messaging_alertnotice' AND l.pid <> pg_backend_pid()"
                " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            held.append(cursor.fetchone()[0])
        connection.close()
        return Reply()

    receiver.answer = look
    without_sender()
    watch()

    assert tell() == TOLD
    assert held == [0]


def test_the_watchdog_does_not_wait_for_a_channel_that_hangs(
    transactional_db: None, receiver: Receiver, only_webhook: None
) -> None:
    receiver.answer = receiver.hang
    without_sender()
    watch()
    telling = watchman.Watchman(tell, name="herald", every=0.01)
    telling.start()
    ends = timezone.now() + timedelta(seconds=30)
    while not receiver.calls and timezone.now() < ends:
        connection.close()

    Heartbeat.objects.filter(kind="beat").delete()
    assert watch()["opened"] == 1

    receiver.let_go.set()
    telling.stop()
    assert AlertNotice.objects.filter(sent_at=None, event="opened", alert__name="no_beat").count() <= 1


@pytest.mark.race
def test_many_senders_tell_it_once(transactional_db: None, receiver: Receiver, only_webhook: None) -> None:
    without_sender()
    watch()

    results = at_once(6, lambda _: tell())

    assert len(receiver.calls) == 1
    assert sum(result["told"] for result in results if isinstance(result, dict)) == 1


def test_a_sender_that_was_killed_is_followed_by_another(receiver: Receiver, only_webhook: None) -> None:
    without_sender()
    watch()
    AlertNotice.objects.update(tries=1, next_try_at=timezone.now() + timedelta(seconds=60))  # taken, never told
    assert tell() == NOBODY

    pass_time(timedelta(seconds=61))
    assert tell() == TOLD


def test_work_that_waits_while_nobody_works_is_told_within_a_minute() -> None:
    longest = 30 + watchman.EVERY + watchman.TELL_EVERY  # a heart that stopped is missed after 30 s

    assert longest <= 50


def test_the_process_stream_tells(transactional_db: None, receiver: Receiver, only_webhook: None) -> None:
    without_sender()
    watch()
    telling = watchman.herald()
    assert telling.name == "herald"
    telling = watchman.Watchman(tell, name="herald", every=0.01)

    telling.start()
    ends = timezone.now() + timedelta(seconds=30)
    while AlertNotice.objects.filter(sent_at=None).exists() and timezone.now() < ends:
        connection.close()
    telling.stop()

    assert [call.body["alerts"][0]["name"] for call in receiver.calls] == ["no_worker"]


def test_telling_is_logged_without_addresses(caplog: pytest.LogCaptureFixture) -> None:
    without_sender()
    watch()
    with caplog.at_level(logging.INFO, logger="messaging"):
        tell()

    lines = [record for record in caplog.records if record.message == "alert_told"]
    assert [record.__dict__["channel"] for record in lines] == ["webhook", "mail"]
    assert "example.org" not in caplog.text
