"""Rings are counted where they wait, also where the broker is no Redis."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from config import queues, redis
from config.queues import Queue, Task, ring, waiting


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Empty queues before and after."""
    redis.broker().delete(*Queue)
    yield
    redis.broker().delete(*Queue)


def test_a_broker_of_another_kind_is_asked_in_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "broker_is_redis", lambda: False)
    ring(Task.SEND_NEXT, copies=2)

    assert (waiting(Queue.SEND), waiting(Queue.HOOKS)) == (2, 0)


@pytest.mark.parametrize(
    ("url", "redis_s"),
    [
        ("amqp://guest@rabbit.example:5672//", False),
        ("rediss://user:secret@broker.example:6380/3", True),
        ("redis+socket:///run/valkey.sock?virtual_host=4", True),
    ],
)
def test_the_address_says_of_what_kind_the_broker_is(settings: Settings, url: str, redis_s: bool) -> None:
    settings.CELERY_BROKER_URL = url

    assert redis.broker_is_redis() == redis_s
