"""One Valkey socket, three spellings."""

from pathlib import Path

import pytest

from launcher import valkey


def test_a_socket_is_spelled_for_redis_py_and_for_celery() -> None:
    assert valkey.addresses(Path("/run/a b/valkey.sock")) == {
        "REDIS_URL": "unix:///run/a%20b/valkey.sock?db=0",
        "CELERY_BROKER_URL": "redis+socket:///run/a%20b/valkey.sock?virtual_host=0",
    }


@pytest.mark.parametrize(
    ("redis_url", "broker"),
    [
        ("unix:///run/valkey.sock?db=3", "redis+socket:///run/valkey.sock?virtual_host=3"),
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("rediss://user:secret@redis.example.com:6380/0", "rediss://user:secret@redis.example.com:6380/0"),
    ],
)
def test_celery_s_address_follows_from_redis_py_s(redis_url: str, broker: str) -> None:
    assert valkey.broker_for(redis_url) == broker
