"""Browsers of staff and of others."""

import pytest
from django.test import Client

from audiences.models import User
from tests.admin.rows import fill
from tests.factories import UserFactory


@pytest.fixture
def boss(db: None) -> User:
    """A superuser."""
    return UserFactory.create(email="boss@example.org", is_staff=True, is_superuser=True)


@pytest.fixture
def ops(client: Client, boss: User) -> Client:
    """The superuser's browser."""
    client.force_login(boss)
    return client


@pytest.fixture
def filled(db: None) -> None:
    """Three rows and more of every table."""
    fill()
