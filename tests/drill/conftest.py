"""The provider and the soundness check of messaging's tests; every test here starts processes."""

from collections.abc import Iterator

import pytest
from django.db import connection

from config.redis import client
from tests.messaging.conftest import account, simulator, simulator_process, sound

__all__ = ["account", "clean_broker", "simulator", "simulator_process", "sound"]


@pytest.fixture
def clean_broker() -> Iterator[None]:
    """No limiter state of the test before; whoever died holds no session that the next test would wait for."""
    client().flushdb()
    yield
    connection.close()
