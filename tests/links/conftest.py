"""A store whose messages have short links, and the provider at the other end."""

import pytest

from audiences.models import Store
from messaging.models import ProviderAccount
from tests.factories import ProviderAccountFactory, StoreFactory
from tests.messaging.conftest import simulator, simulator_process
from tests.simulator import Simulator

__all__ = ["simulator", "simulator_process"]
BASE = "https://go.example"


@pytest.fixture
def shop(db: None) -> Store:
    """A store with an address for links, and no opt-out text."""
    return StoreFactory.create(links_base_url=BASE)


@pytest.fixture
def account(db: None, simulator: Simulator) -> ProviderAccount:
    """The shared provider account, at the simulator."""
    return ProviderAccountFactory.create(base_url=simulator.url)
