"""Browsers without scripts: logged-in members of the store under test."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import translation

from audiences.models import Store
from tests.factories import MemberFactory


def as_member(store: Store, role: str = "owner") -> Client:
    """A browser whose user is a member of the store."""
    browser = Client()
    browser.force_login(MemberFactory.create(store=store, role=role).user)
    return browser


@pytest.fixture
def owner(store: Store) -> Client:
    """A browser of an owner of `store`."""
    return as_member(store)


@pytest.fixture
def viewer(store: Store) -> Client:
    """A browser of somebody who may only look."""
    return as_member(store, "viewer")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Whatever language the last request of another test was in."""
    with translation.override("en"):
        yield
