"""One person's texts: shown, told, and cleared by an erasure."""

import json

import pytest
from django.db import connection

from audiences import erasure
from audiences.models import Contact, Store
from audiences.services.contacts import delete_contact
from config.audit import SYSTEM
from messaging.inbound.personal import texts_of
from messaging.models import InboundAnswer, InboundMessage, InboundNumber, ProviderAccount
from tests.factories import ContactFactory
from tests.inbound.steps import PHONE, heard, number_of, reasons

pytestmark = pytest.mark.django_db
SECRET = "my name is Zebediah"


def test_a_contact_s_texts_newest_first(account: ProviderAccount, contact: Contact, other_store: Store) -> None:
    number_of(other_store, account, number="306900000001")
    ContactFactory.create(store=other_store, phone=PHONE)
    first, second = heard(account, "hello"), heard(account, "STOP")
    heard(account, "hello you", to="306900000001")

    assert list(texts_of(store_id=contact.store_id, contact_id=contact.pk)) == [second, first]


def test_an_erasure_clears_phone_and_words_and_keeps_the_evidence(account: ProviderAccount, contact: Contact) -> None:
    heard(account, SECRET)
    heard(account, "STOP")

    delete_contact(store=contact.store, contact_id=contact.pk, actor=SYSTEM)

    rows = list(InboundMessage.objects.order_by("pk"))
    assert [(row.phone, row.phone_hash, row.text, row.meaning) for row in rows] == [
        (None, None, "", "ordinary"),
        (None, None, "", "stop"),
    ]
    assert all(row.erased_at for row in rows)
    assert bytes(InboundAnswer.objects.get().phone_hash) == b""
    assert reasons(contact.store) == {"opt_out"}


def test_texts_from_before_they_were_a_contact_are_cleared_too(account: ProviderAccount, shop: Store) -> None:
    message = heard(account, SECRET)
    contact = ContactFactory.create(store=shop, phone=PHONE)

    delete_contact(store=shop, contact_id=contact.pk, actor=SYSTEM)

    message.refresh_from_db()
    assert (message.phone, message.text) == (None, "")


def test_another_store_s_texts_stay(account: ProviderAccount, contact: Contact, other_store: Store) -> None:
    number_of(other_store, account, number="306900000001")
    theirs = heard(account, SECRET, to="306900000001")

    delete_contact(store=contact.store, contact_id=contact.pk, actor=SYSTEM)

    theirs.refresh_from_db()
    assert (theirs.phone, theirs.text) == (PHONE, SECRET)


def test_nothing_of_ours_holds_the_number_or_the_words_afterwards(account: ProviderAccount, contact: Contact) -> None:
    for text in (SECRET, "please take me off your list", "STOP", "HELP"):
        heard(account, text)

    delete_contact(store=contact.store, contact_id=contact.pk, actor=SYSTEM)

    for model in (InboundMessage, InboundAnswer, InboundNumber):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT coalesce(json_agg(t), '[]')::text FROM {model._meta.db_table} t")
            held = json.dumps(cursor.fetchone())
        assert PHONE not in held
        assert PHONE[1:] not in held
        assert "Zebediah" not in held


def test_what_an_erasure_clears_is_said_once() -> None:
    erasure.also("messaging.inbound.personal.forget")
    erasure.also("messaging.inbound.personal.forget")

    assert sorted(erasure._clears) == ["messaging.erasing.forget", "messaging.inbound.personal.forget"]
