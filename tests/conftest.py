"""Fixtures that everyone needs, and RACE_RUNS: how often each race is run."""

import os
from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from audiences.models import Store
from config.redis import client
from tests.factories import StoreFactory


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database, and at the end nobody else in it: a thread that served HTTP keeps its session for a moment."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def uncounted() -> Iterator[None]:
    """No request was counted against a rate limit yet: stores of other tests may have had the same number."""
    _forget_rates()
    yield
    _forget_rates()


def _forget_rates() -> None:
    for key in client().scan_iter("rate:*"):
        client().delete(key)


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
