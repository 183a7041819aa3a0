"""A stack of real processes that is gone before the tests' tables are emptied."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from messaging.models import ProviderAccount
from tests.factories import ProviderAccountFactory
from tests.flows.stack import Stack, flush_redis
from tests.simulator import Simulator


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    running = Simulator(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def stack(transactional_db: None, tmp_path: Path, simulator: Simulator) -> Iterator[Stack]:
    flush_redis()
    running = Stack(logs=tmp_path, simulator=simulator)
    yield running
    running.stop()


@pytest.fixture
def account(stack: Stack) -> ProviderAccount:
    """The shared account at the simulator, in no hurry: a campaign lasts long enough to be disturbed."""
    account = ProviderAccountFactory.create(base_url=stack.simulator.url, parts_per_second=60)
    stack.plan(account.slug)
    return account
