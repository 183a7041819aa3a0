"""Accounts; and after every test of money the books must hold."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from audiences.models import Store
from billing.drift import find_drift
from billing.models import CreditAccount
from tests.billing.cards import SECRET, Stripe
from tests.factories import CreditAccountFactory, some_plans
from tests.simulator import Simulator


@pytest.fixture
def account(store: Store) -> CreditAccount:
    """100 credits, no allowance."""
    return CreditAccountFactory.create(store=store)


@pytest.fixture
def with_allowance(store: Store) -> CreditAccount:
    """100 credits and 30 free ones."""
    return CreditAccountFactory.create(store=store, allowance=30)


@pytest.fixture(autouse=True)
def sound_books(request: pytest.FixtureRequest, db: None) -> Iterator[None]:
    """Whatever a test did through services, nothing drifted. `test_drift.py` breaks the books by hand."""
    yield
    if request.path.name != "test_drift.py":
        assert find_drift() == []


@pytest.fixture
def plans(db: None) -> None:
    """The two plans of the first migration, which a test that emptied the tables may have taken away."""
    some_plans()


@pytest.fixture(scope="session")
def simulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """The simulator, which also stands in for Stripe."""
    running = Simulator(tmp_path_factory.mktemp("simulator"))
    yield running
    running.stop()


@pytest.fixture
def stripe(simulator_process: Simulator, settings: Settings) -> Stripe:
    """Card payments, at the stand-in."""
    here = Stripe(simulator_process.url)
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = "sk_test_1", ["whsec_old", SECRET]
    settings.STRIPE_API_BASE = here.url
    here.fail(0)
    return here
