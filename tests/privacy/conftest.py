"""A store with a provider that takes everything."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from audiences.models import Contact, Store
from messaging.models import ProviderAccount
from tests.factories import ProviderAccountFactory
from tests.privacy.world import known
from tests.simulator import Simulator


@pytest.fixture
def simulator(tmp_path: Any) -> Iterator[Simulator]:
    """The provider."""
    running = Simulator(tmp_path)
    running.plan()
    yield running
    running.stop()


@pytest.fixture
def account(simulator: Simulator, settings: Settings, tmp_path: Any) -> ProviderAccount:
    """Our account with it."""
    settings.LOCAL_DIR = tmp_path
    return ProviderAccountFactory.create(base_url=simulator.url)


@pytest.fixture
def person(store: Store, account: ProviderAccount) -> Contact:
    """Somebody of whom everything is known."""
    return known(store, account)
