"""Clients of the store under test, of the stranger, and of nobody."""

import pytest
from rest_framework.test import APIClient

from audiences.models import Store
from tests.api.clients import with_key


@pytest.fixture
def api(store: Store) -> APIClient:
    """A client that may do everything in `store`."""
    return with_key(store)


@pytest.fixture
def reader(store: Store) -> APIClient:
    """A client that may only read `store`."""
    return with_key(store, "read")


@pytest.fixture
def stranger(other_store: Store) -> APIClient:
    """A client that may do everything in another store."""
    return with_key(other_store)


@pytest.fixture
def nobody(db: None) -> APIClient:
    """A client without a key."""
    return APIClient(raise_request_exception=False)
