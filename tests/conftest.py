"""Fixtures that everyone needs, and RACE_RUNS: how often each race is run."""

import os

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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """With RACE_RUNS=50 each test marked `race` runs fifty times: what goes wrong seldom shows then."""
    runs = int(os.environ.get("RACE_RUNS", "1"))
    if runs > 1 and metafunc.definition.get_closest_marker("race"):
        metafunc.fixturenames.append("race_run")
        metafunc.parametrize("race_run", range(runs))
