"""A store with a number of its own and a contact, and an account that its texts come over."""

import pytest

from audiences.models import Contact, Store
from messaging.models import ProviderAccount
from tests.factories import ContactFactory, CreditAccountFactory, ProviderAccountFactory
from tests.inbound.steps import PHONE, number_of


@pytest.fixture
def account(db: None) -> ProviderAccount:
    """A shared account; its webhook secret is `hush`."""
    return ProviderAccountFactory.create()


@pytest.fixture
def shop(store: Store, account: ProviderAccount) -> Store:
    """The store with 100 credits and a number of its own."""
    CreditAccountFactory.create(store=store)
    number_of(store, account)
    return store


@pytest.fixture
def contact(shop: Store) -> Contact:
    """The store's contact with PHONE, who opted in."""
    return ContactFactory.create(store=shop, phone=PHONE)
