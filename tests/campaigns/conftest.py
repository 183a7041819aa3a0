"""Whatever a test of campaigns did through services: counters, rows and books agree."""

from collections.abc import Iterator

import pytest

from config.audit import Actor
from tests.steps import assert_sound


@pytest.fixture
def actor() -> Actor:
    """A merchant at an address."""
    return Actor("user:7", "192.0.2.7")


@pytest.fixture(autouse=True)
def sound(db: None) -> Iterator[None]:
    """Rows, counters and ledger agree after every test."""
    yield
    assert_sound()
