"""Rings: published after commit, lost without harm, and never waited for."""

import json
import logging
import socket
import time
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.db import transaction
from kombu.exceptions import EncodeError
from pytest_django import Settings
from redis import Redis as RedisClient

from config import redis
from config.audit import SYSTEM, record
from config.models import AuditEvent
from config.queues import QUEUES, Queue, Task, enqueue, queue_of, ring, waiting


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Empty queues before and after."""
    redis.client().delete(*Queue)
    yield
    redis.client().delete(*Queue)


def rung(queue: Queue) -> list[tuple[str, list[Any]]]:
    """Task and arguments of the rings in a queue, first come first."""
    messages = [json.loads(text) for text in reversed(redis.client().lrange(queue, 0, -1))]
    return [(message["headers"]["task"], json.loads(b64decode(message["body"]))[0]) for message in messages]


def test_a_ring_carries_its_task_through_its_queue() -> None:
    assert ring(Task.SEND_NEXT)
    assert ring(Task.RUN_IMPORT, 7)
    assert ring(Task.TIDY)

    assert rung(Queue.SEND) == [("messaging.send_next", [])]
    assert rung(Queue.IMPORT) == [("audiences.run_import", [7])]
    assert rung(Queue.DEFAULT) == [("messaging.tidy", [])]


def test_copies_are_as_many_rings() -> None:
    assert ring(Task.SEND_NEXT, copies=4)

    assert waiting(Queue.SEND) == 4


def test_only_the_named_tasks_leave_the_default_queue() -> None:
    special = {task: queue_of(task) for task in Task if queue_of(task) is not Queue.DEFAULT}

    assert (
        special
        == QUEUES
        == {
            Task.RUN_IMPORT: Queue.IMPORT,
            Task.SNAPSHOT: Queue.IMPORT,
            Task.SEND_NEXT: Queue.SEND,
            Task.APPLY_RECEIPTS: Queue.RECEIPTS,
            Task.APPLY_INBOUND: Queue.RECEIPTS,
            Task.DELIVER_HOOKS: Queue.HOOKS,
        }
    )


@pytest.mark.django_db(transaction=True)
def test_a_ring_waits_for_the_commit() -> None:
    with transaction.atomic():
        enqueue(Task.RUN_IMPORT, 7)
        enqueue(Task.SEND_NEXT, copies=2)
        assert (waiting(Queue.IMPORT), waiting(Queue.SEND)) == (0, 0)

    assert rung(Queue.IMPORT) == [("audiences.run_import", [7])]
    assert waiting(Queue.SEND) == 2


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_does_not_ring() -> None:
    with transaction.atomic():
        enqueue(Task.RUN_IMPORT, 7)
        transaction.set_rollback(True)
    with transaction.atomic():
        with transaction.atomic():
            enqueue(Task.RUN_IMPORT, 8)
            transaction.set_rollback(True)
        enqueue(Task.RUN_IMPORT, 9)

    assert rung(Queue.IMPORT) == [("audiences.run_import", [9])]


@pytest.mark.django_db(transaction=True)
def test_without_a_transaction_it_rings_at_once() -> None:
    enqueue(Task.SEND_NEXT)

    assert waiting(Queue.SEND) == 1


def _refusing() -> str:
    return "redis://127.0.0.1:1/0"


def _without_socket() -> str:
    return "redis+socket:///nowhere/valkey.sock"


def _without_name() -> str:
    return "redis://nobody.invalid:6379/0"


@pytest.fixture
def silent() -> Iterator[str]:
    """A broker that takes connections and never answers, as one that was suspended."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.fixture
def broker_at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sends this process's rings to another broker."""

    def move(url: str) -> None:
        monkeypatch.setenv("CELERY_BROKER_WRITE_URL", url)
        monkeypatch.setattr(current_app.amqp, "_producer_pool", None)

    return move


@pytest.mark.parametrize("away", [_refusing, _without_socket, _without_name])
def test_a_broker_that_is_away_is_told_soon_and_without_noise(
    broker_at: Any, away: Any, caplog: pytest.LogCaptureFixture
) -> None:
    broker_at(away())
    caplog.set_level(logging.WARNING)
    began = time.monotonic()

    taken = ring(Task.SEND_NEXT, copies=4)

    assert (taken, time.monotonic() - began < 3) == (False, True)
    assert [record.getMessage() for record in caplog.records] == ["ring_lost"]


def test_a_broker_that_does_not_answer_is_not_waited_for(broker_at: Any, silent: str) -> None:
    broker_at(silent)
    began = time.monotonic()

    taken = ring(Task.SEND_NEXT)

    assert (taken, time.monotonic() - began < 3) == (False, True)


@pytest.mark.django_db(transaction=True)
def test_a_lost_ring_does_not_undo_what_was_committed(broker_at: Any) -> None:
    broker_at(_refusing())
    with transaction.atomic():
        record("test.done", actor=SYSTEM, subject="test:1")
        enqueue(Task.SEND_NEXT)

    assert AuditEvent.objects.get().action == "test.done"


def test_the_next_ring_finds_a_broker_that_is_back(broker_at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    broker_at(_refusing())
    assert not ring(Task.SEND_NEXT)

    monkeypatch.delenv("CELERY_BROKER_WRITE_URL")
    monkeypatch.setattr(current_app.amqp, "_producer_pool", None)

    assert ring(Task.SEND_NEXT)
    assert waiting(Queue.SEND) == 1


def test_a_programming_error_is_not_taken_for_a_lost_ring() -> None:
    with pytest.raises(EncodeError):
        ring(Task.SEND_NEXT, object())

    assert waiting(Queue.SEND) == 0


@pytest.fixture
def asked_at(settings: Settings) -> Iterator[Any]:
    """Makes the broker that this process asks another one."""

    def move(url: str) -> None:
        settings.CELERY_BROKER_URL = url
        redis.broker.cache_clear()

    yield move
    redis.broker.cache_clear()


def test_what_waits_is_unknown_while_the_broker_is_away(asked_at: Any, tmp_path: Path) -> None:
    asked_at("redis://127.0.0.1:1/0")
    assert waiting(Queue.SEND) is None

    asked_at(f"redis+socket://{tmp_path}/nothing.sock?virtual_host=0")
    assert waiting(Queue.SEND) is None


def test_it_is_the_broker_that_is_asked_and_not_the_redis_of_the_limits(asked_at: Any, settings: Settings) -> None:
    ring(Task.SEND_NEXT)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis.client.cache_clear()
    try:
        assert waiting(Queue.SEND) == 1
    finally:
        redis.client.cache_clear()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("redis://r:6379/1", "redis://r:6379/1"),
        ("rediss://u:p%40@r:6380/0?ssl_cert_reqs=CERT_REQUIRED", "rediss://u:p%40@r:6380/0?ssl_cert_reqs=required"),
        ("redis+socket:///run/a%20b/valkey.sock", "unix:///run/a%20b/valkey.sock"),
        ("redis+socket:///run/valkey.sock?virtual_host=/2", "unix:///run/valkey.sock?db=2"),
    ],
)
def test_the_broker_s_address_is_read_as_celery_reads_it(said: str, meant: str) -> None:
    assert redis.plain(said) == meant
    assert RedisClient.from_url(meant)


def test_a_broker_that_takes_connections_and_is_silent_costs_a_second(asked_at: Any, silent: str) -> None:
    asked_at(silent)
    began = time.monotonic()

    assert waiting(Queue.SEND) is None
    assert time.monotonic() - began < 3


def test_a_process_has_one_client() -> None:
    assert redis.client() is redis.client()
