"""A text from a person is told to the store's webhooks: once, without a word in our own rows."""

import pytest

from audiences.models import Contact, Store
from audiences.services.contacts import delete_contact
from config.audit import SYSTEM
from config.opaque import public_id
from messaging.hooks import publish, pump
from messaging.models import InboundMessage, ProviderAccount, WebhookDelivery, WebhookEndpoint
from tests.factories import ContactFactory, ProviderAccountFactory, WebhookEndpointFactory
from tests.hooks.receiver import Receiver
from tests.inbound.steps import NUMBER, PHONE, heard, number_of, texted

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(store: Store) -> ProviderAccount:
    """An account with the store's number."""
    account = ProviderAccountFactory.create()
    number_of(store, account)
    return account


@pytest.fixture
def contact(store: Store) -> Contact:
    return ContactFactory.create(store=store, phone=PHONE)


def listening(store: Store, receiver: Receiver, **columns: object) -> WebhookEndpoint:
    endpoint: WebhookEndpoint = WebhookEndpointFactory.create(
        store=store, url=receiver.url(), events=["message.received"], **columns
    )
    return endpoint


def test_a_text_is_told_with_what_was_made_of_it(
    account: ProviderAccount, contact: Contact, receiver: Receiver
) -> None:
    listening(contact.store, receiver)
    message = heard(account, "Where are you?")

    assert publish.publish()["received"] == 1
    pump.deliver()

    [call] = receiver.calls
    assert call.body["type"] == "message.received"
    assert call.body["data"] == {
        "id": public_id(message.pk, kind="inb"),
        "contact": public_id(contact.pk, kind="con"),
        "meaning": "ordinary",
        "outcome": "shown",
        "to": NUMBER,
        "text": "Where are you?",
    }


def test_a_text_is_told_once(account: ProviderAccount, contact: Contact, receiver: Receiver) -> None:
    listening(contact.store, receiver)
    heard(account, "hello")

    assert [publish.publish()["received"], publish.publish()["received"]] == [1, 0]
    assert WebhookDelivery.objects.count() == 1


def test_words_and_number_are_put_in_when_it_is_sent(
    account: ProviderAccount, contact: Contact, receiver: Receiver
) -> None:
    listening(contact.store, receiver, include_phones=True)
    heard(account, "my name is Zebediah")
    publish.publish()

    stored = str(WebhookDelivery.objects.get().data)
    pump.deliver()

    assert "Zebediah" not in stored
    assert PHONE not in stored
    assert receiver.calls[0].body["data"]["phone"] == PHONE


def test_an_erasure_reaches_what_was_not_told_yet(
    account: ProviderAccount, contact: Contact, receiver: Receiver
) -> None:
    listening(contact.store, receiver, include_phones=True)
    heard(account, "my name is Zebediah")
    publish.publish()
    delete_contact(store=contact.store, contact_id=contact.pk, actor=SYSTEM)

    pump.deliver()

    assert (receiver.calls[0].body["data"]["text"], receiver.calls[0].body["data"]["phone"]) == ("", None)


def test_what_nobody_acted_on_is_not_told_yet(account: ProviderAccount, contact: Contact, receiver: Receiver) -> None:
    listening(contact.store, receiver)
    texted(account, "hello")

    assert publish.publish()["received"] == 0


def test_what_is_nobody_s_is_told_nobody(account: ProviderAccount, contact: Contact, receiver: Receiver) -> None:
    listening(contact.store, receiver)
    heard(account, "hello", to="99999")

    assert publish.publish()["received"] == 0
    assert InboundMessage.objects.get().published_at is None


def test_an_opt_out_by_text_is_told_as_one(account: ProviderAccount, contact: Contact, receiver: Receiver) -> None:
    WebhookEndpointFactory.create(store=contact.store, url=receiver.url(), events=["contact.opted_out"])
    heard(account, "STOP")
    publish.publish()
    pump.deliver()

    [call] = receiver.calls
    assert call.body["data"] == {"contact": public_id(contact.pk, kind="con"), "source": "stop"}
