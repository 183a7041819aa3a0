"""A house in which everything works, and somebody who hears of alerts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.hooks.receiver import Receiver
from tests.messaging.house import healthy


@pytest.fixture
def working(db: None, settings: Settings, tmp_path: Path) -> None:
    """Processes that beat, sweeps that ran, and a spool of its own."""
    settings.LOCAL_DIR = tmp_path
    healthy()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Takes webhooks."""
    running = Receiver()
    yield running
    running.stop()
