"""Fixtures that everyone needs."""

import pytest

from audiences.models import Store
from tests.factories import StoreFactory


@pytest.fixture
def store(db: None) -> Store:
    """The store under test."""
    return StoreFactory.create()


@pytest.fixture
def other_store(db: None) -> Store:
    """The stranger: nothing of it may be seen or touched."""
    return StoreFactory.create()
