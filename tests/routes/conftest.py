"""Two providers, each a process of its own, so that one can fail while the other works."""

from collections.abc import Iterator

import pytest

from messaging.models import ProviderAccount
from tests.factories import ProviderAccountFactory, RouteFactory
from tests.simulator import Simulator
from tests.steps import assert_sound


@pytest.fixture(scope="module")
def simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Simulator, Simulator]]:
    pair = Simulator(tmp_path_factory.mktemp("primary")), Simulator(tmp_path_factory.mktemp("fallback"))
    yield pair
    for running in pair:
        running.stop()


@pytest.fixture
def primary(db: None, simulators: tuple[Simulator, Simulator]) -> tuple[Simulator, ProviderAccount]:
    """The primary's simulator, behaving well, and its account, first in rank for everybody."""
    return ready(simulators[0], name="Primary", rank=1)


@pytest.fixture
def fallback(db: None, simulators: tuple[Simulator, Simulator]) -> tuple[Simulator, ProviderAccount]:
    """As `primary`, second in rank."""
    return ready(simulators[1], name="Fallback", rank=2)


def ready(simulator: Simulator, *, name: str, rank: int) -> tuple[Simulator, ProviderAccount]:
    simulator.plan()
    account = ProviderAccountFactory.create(base_url=simulator.url, name=name)
    RouteFactory.create(account=account, rank=rank)
    return simulator, account


@pytest.fixture
def sound(db: None) -> Iterator[None]:
    """After the test rows, counters and ledger agree."""
    yield
    assert_sound()
