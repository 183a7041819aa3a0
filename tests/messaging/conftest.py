"""A real provider at the other end of a real connection."""

from collections.abc import Iterator

import pytest

from messaging.models import ProviderAccount
from tests.factories import ProviderAccountFactory
from tests.simulator import Simulator
from tests.steps import assert_sound


@pytest.fixture(scope="session")
def simulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    running = Simulator(tmp_path_factory.mktemp("simulator"))
    yield running
    running.stop()


@pytest.fixture
def simulator(simulator_process: Simulator) -> Simulator:
    """The simulator with its default behaviour: everything is accepted, receipts are pushed nowhere."""
    simulator_process.plan()
    return simulator_process


@pytest.fixture
def account(db: None, simulator: Simulator) -> ProviderAccount:
    """The shared provider account, at the simulator."""
    return ProviderAccountFactory.create(base_url=simulator.url)


@pytest.fixture
def sound(db: None) -> Iterator[None]:
    """After the test rows, counters and ledger agree."""
    yield
    assert_sound()
