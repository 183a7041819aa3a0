"""A shop with an open join page, and a visitor without cookies."""

import pytest
from django.test import Client

from audiences.models import JoinPage, Store
from audiences.opt_out_links import token
from tests.factories import ContactFactory, StoreFactory


@pytest.fixture
def shop(db: None) -> Store:
    """A Greek store whose join page is open, with the double opt-in."""
    store = StoreFactory.create(name="Corner Shop", slug="corner-shop")
    JoinPage.objects.create(store=store, is_open=True)
    return store


@pytest.fixture
def visitor() -> Client:
    """Somebody with an English browser; CSRF is checked as in production."""
    return Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})


@pytest.fixture
def own(shop: Store) -> str:
    """The opt-out address of a contact of the shop who opted in."""
    contact = ContactFactory.create(store=shop, phone="+306941111111")
    return f"/u/{token(store_id=shop.pk, contact_id=contact.pk)}"
