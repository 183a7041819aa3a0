"""A store with credits, and the books in order after every test."""

from collections.abc import Iterator

import pytest

from audiences.models import Store
from billing.services import grant
from config.audit import SYSTEM
from tests.factories import StoreFactory
from tests.steps import assert_sound


@pytest.fixture
def store(db: None) -> Store:
    """A Greek store that has 1000 credits."""
    made = StoreFactory.create()
    grant(store_id=made.pk, amount=1000, key=f"grant:automations:{made.pk}", label="For the test", actor=SYSTEM)
    return made


@pytest.fixture(autouse=True)
def sound(db: None) -> Iterator[None]:
    """Rows, counters and ledger agree after every test."""
    yield
    assert_sound()
