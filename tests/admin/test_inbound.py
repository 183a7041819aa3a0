"""Staff decides about texts from people, and registers numbers."""

import pytest
from django.test import Client
from django.urls import reverse

from audiences.models import Contact, Store
from config.models import AuditEvent
from messaging.inbound.apply import apply_next
from messaging.models import InboundMessage, InboundNumber, ProviderAccount
from tests.admin.test_operations import ask
from tests.factories import ContactFactory, ProviderAccountFactory
from tests.inbound.steps import PHONE, consent, heard, number_of, reasons

ADD = "admin:messaging_inboundnumber_add"
WORDS = "please take me off your list"


@pytest.fixture
def account(store: Store) -> ProviderAccount:
    """An account with the store's number."""
    account = ProviderAccountFactory.create()
    number_of(store, account)
    return account


@pytest.fixture
def contact(store: Store) -> Contact:
    return ContactFactory.create(store=store, phone=PHONE)


def page_of(ops: Client, message: InboundMessage) -> str:
    answer = ops.get(reverse("admin:messaging_inboundmessage_change", args=[message.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_staff_confirms_an_opt_out(ops: Client, account: ProviderAccount, contact: Contact) -> None:
    message = heard(account, WORDS)

    ask(ops, "confirm", message, reason="clear enough")

    assert consent(contact) == "opted_out"
    event = AuditEvent.objects.get(action="inbound.confirm")
    assert (event.actor.split(":")[0], event.reason) == ("staff", "clear enough")


def test_staff_lifts_a_suppression(ops: Client, account: ProviderAccount, contact: Contact) -> None:
    message = heard(account, WORDS)

    ask(ops, "lift", message, reason="a joke")

    assert (consent(contact), reasons(contact.store)) == ("opted_in", set())


def test_staff_takes_a_text_off_the_list(ops: Client, account: ProviderAccount) -> None:
    message = heard(account, "hello", to="99999")

    ask(ops, "settle", message, reason="nobody's")

    message.refresh_from_db()
    assert message.review == "settled"


def test_staff_gives_a_text_to_a_store(ops: Client, account: ProviderAccount, contact: Contact) -> None:
    message = heard(account, "STOP", to="99999")

    ask(ops, "assign", message, reason="their old number", store=contact.store_id)
    apply_next()

    assert consent(contact) == "opted_out"


def test_only_what_is_open_can_be_decided(ops: Client, account: ProviderAccount, contact: Contact) -> None:
    decided, unclear, nobodys = heard(account, "hello"), heard(account, WORDS), heard(account, "hello", to="99999")

    assert "Lift the suppression" not in page_of(ops, decided)
    assert "Lift the suppression" in page_of(ops, unclear)
    assert "Give to a store" not in page_of(ops, unclear)
    assert "Give to a store" in page_of(ops, nobodys)


def test_a_text_s_page_hides_most_of_the_number(ops: Client, account: ProviderAccount, contact: Contact) -> None:
    assert PHONE not in page_of(ops, heard(account, "hello"))


def test_a_text_is_found_by_the_whole_number(ops: Client, account: ProviderAccount) -> None:
    heard(account, "hello")
    heard(account, "good-bye", phone="+306971119999")

    found = ops.get(reverse("admin:messaging_inboundmessage_changelist"), {"q": PHONE})

    assert found.context["cl"].result_count == 1


def test_a_number_is_registered(ops: Client, store: Store) -> None:
    account = ProviderAccountFactory.create()

    ops.post(reverse(ADD), {"account": account.pk, "number": "+30 690 000 0000", "word": "Pizza", "store": store.pk})

    row = InboundNumber.objects.get()
    assert (row.number, row.word, row.store) == ("306900000000", "pizza", store)
    assert AuditEvent.objects.get(action="inbound_number.add").actor.startswith("staff:")


def test_a_number_that_is_none_is_refused(ops: Client, store: Store) -> None:
    account = ProviderAccountFactory.create()

    answer = ops.post(reverse(ADD), {"account": account.pk, "number": "Shop", "word": "", "store": ""}, follow=True)

    assert b"A number with its country" in answer.content
    assert not InboundNumber.objects.exists()


def test_a_number_is_removed_with_a_reason(ops: Client, account: ProviderAccount) -> None:
    ask(ops, "remove", InboundNumber.objects.get(), reason="given back")

    assert not InboundNumber.objects.exists()
    assert AuditEvent.objects.get(action="inbound_number.remove").reason == "given back"
