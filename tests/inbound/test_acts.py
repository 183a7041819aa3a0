"""What a text does: STOP, words that may mean it, START, JOIN, HELP, and everything else."""

import pytest

from audiences.models import ConsentEvent, Contact, Store
from audiences.services.consent import change_consent, suppress
from config.audit import SYSTEM
from config.opaque import public_id
from messaging.models import InboundAnswer, InboundMessage, InboundSettings, MessageLog, ProviderAccount
from tests.factories import ContactFactory
from tests.inbound.steps import PHONE, consent, heard, reasons

pytestmark = pytest.mark.django_db


def opted_out(contact: Contact, *, source: str = "link") -> None:
    change_consent(store_id=contact.store_id, contact_id=contact.pk, consent="opted_out", source=source, actor=SYSTEM)


# STOP ---------------------------------------------------------------------------------------------------------------


def test_stop_opts_out_with_evidence(account: ProviderAccount, contact: Contact) -> None:
    message = heard(account, "Stop!")

    event = ConsentEvent.objects.get(contact=contact)
    assert (event.before, event.after, event.source, event.actor) == ("opted_in", "opted_out", "stop", "inbound")
    assert event.evidence == {"inbound": public_id(message.pk, kind="inb"), "to": "306900000000"}
    assert consent(contact) == "opted_out"
    assert reasons(contact.store) == {"opt_out"}


def test_stop_is_noted_on_the_text(account: ProviderAccount, contact: Contact) -> None:
    message = heard(account, "ΔΙΑΓΡΑΦΗ")

    assert (message.meaning, message.language, message.outcome, message.review) == ("stop", "el", "opted_out", "none")
    assert (message.store, message.contact) == (contact.store, contact)
    assert message.applied_at


def test_a_second_stop_is_no_second_opt_out(account: ProviderAccount, contact: Contact) -> None:
    heard(account, "STOP")
    message = heard(account, "STOP")

    assert message.outcome == "was_out"
    assert ConsentEvent.objects.count() == 1
    assert InboundAnswer.objects.count() == 1


def test_stop_of_who_is_no_contact_suppresses_the_phone(account: ProviderAccount, shop: Store) -> None:
    message = heard(account, "STOP")

    assert (message.outcome, message.contact) == ("opted_out", None)
    assert reasons(shop) == {"opt_out"}


def test_stop_concerns_the_store_of_the_number_alone(
    account: ProviderAccount, contact: Contact, other_store: Store
) -> None:
    theirs = ContactFactory.create(store=other_store, phone=PHONE)

    heard(account, "STOP")

    assert (consent(contact), consent(theirs)) == ("opted_out", "opted_in")
    assert reasons(other_store) == set()


def test_a_word_acts_where_its_language_is_spoken(account: ProviderAccount, contact: Contact) -> None:
    turkish = heard(account, "son")

    assert (turkish.meaning, consent(contact)) == ("ordinary", "opted_in")


def test_who_travels_writes_the_words_of_home(account: ProviderAccount, shop: Store) -> None:
    message = heard(account, "iptal", phone="+905321234567")

    assert (message.meaning, message.language) == ("stop", "tr")


def test_every_text_is_in_the_message_log_without_its_words(account: ProviderAccount, contact: Contact) -> None:
    message = heard(account, "STOP")

    line = MessageLog.objects.get(kind="inbound")
    assert (line.store_id, line.outcome, line.text) == (contact.store_id, "stop", "")
    assert line.provider_message_id == message.provider_message_id


# Words that may mean it ---------------------------------------------------------------------------------------------


def test_likely_words_suppress_until_somebody_decides(account: ProviderAccount, contact: Contact) -> None:
    message = heard(account, "please take me off your list")

    assert (message.meaning, message.outcome, message.review) == ("likely_stop", "suppressed", "open")
    assert consent(contact) == "opted_in"
    assert reasons(contact.store) == {"review"}
    assert not InboundAnswer.objects.exists()


def test_who_is_out_needs_no_decision(account: ProviderAccount, contact: Contact) -> None:
    heard(account, "STOP")
    message = heard(account, "I said don't text me again")

    assert (message.meaning, message.outcome, message.review) == ("likely_stop", "was_out", "none")


def test_a_clear_stop_settles_what_was_open(account: ProviderAccount, contact: Contact) -> None:
    unclear = heard(account, "please take me off your list")
    heard(account, "STOP")

    unclear.refresh_from_db()
    assert (unclear.review, unclear.reviewed_by) == ("confirmed", "inbound")
    assert reasons(contact.store) == {"opt_out"}


def test_start_lifts_what_was_open(account: ProviderAccount, contact: Contact) -> None:
    unclear = heard(account, "stop now")
    message = heard(account, "START")

    unclear.refresh_from_db()
    assert (unclear.review, message.outcome) == ("lifted", "opted_in")
    assert (consent(contact), reasons(contact.store)) == ("opted_in", set())


# Ordinary texts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["I'll stop by your shop", "thanks!", "?", "", "quit smoking lessons?", "x" * 5000])
def test_an_ordinary_text_is_only_shown(account: ProviderAccount, contact: Contact, text: str) -> None:
    message = heard(account, text)

    assert (message.meaning, message.outcome) == ("ordinary", "shown")
    assert (consent(contact), reasons(contact.store)) == ("opted_in", set())
    assert message.text == text[:2000]


# START --------------------------------------------------------------------------------------------------------------


def test_start_brings_back_who_took_himself_out(account: ProviderAccount, contact: Contact) -> None:
    opted_out(contact)

    message = heard(account, "START")

    assert (message.outcome, consent(contact), reasons(contact.store)) == ("opted_in", "opted_in", set())
    assert ConsentEvent.objects.filter(contact=contact).latest("pk").source == "sms"


def test_start_lifts_the_suppression_of_who_is_no_contact(account: ProviderAccount, shop: Store) -> None:
    heard(account, "STOP")

    assert heard(account, "START").outcome == "opted_in"
    assert reasons(shop) == set()


@pytest.mark.parametrize("reason", ["staff", "complaint", "provider", "erased"])
def test_start_does_not_undo_what_others_decided(account: ProviderAccount, contact: Contact, reason: str) -> None:
    opted_out(contact)
    suppress(store_id=contact.store_id, phone=PHONE, reason=reason, source="test", actor=SYSTEM)

    message = heard(account, "START")

    assert (message.outcome, consent(contact)) == ("refused", "opted_out")
    assert reasons(contact.store) == {"opt_out", reason}


def test_start_does_not_undo_a_block_for_every_store(account: ProviderAccount, contact: Contact) -> None:
    opted_out(contact)
    suppress(store_id=None, phone=PHONE, reason="staff", source="test", actor=SYSTEM)

    assert heard(account, "START").outcome == "refused"


def test_start_of_who_is_in_is_nothing_new(account: ProviderAccount, contact: Contact) -> None:
    assert heard(account, "START").outcome == "was_in"
    assert not InboundAnswer.objects.exists()


def test_start_of_a_stranger_opts_nobody_in(account: ProviderAccount, shop: Store) -> None:
    assert heard(account, "START").outcome == "shown"
    assert not shop.contacts.exists()


# JOIN ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def joinable(shop: Store) -> Store:
    """The store takes JOIN."""
    InboundSettings.objects.create(store=shop, join=True)
    return shop


def test_join_makes_a_stranger_a_contact_who_opted_in(account: ProviderAccount, joinable: Store) -> None:
    message = heard(account, "JOIN")

    made = joinable.contacts.get()
    assert (made.phone, made.consent, made.consent_source, made.country) == (PHONE, "opted_in", "sms", "GR")
    assert (message.outcome, message.contact) == ("opted_in", made)
    assert ConsentEvent.objects.get(contact=made).evidence["inbound"] == public_id(message.pk, kind="inb")


def test_join_opts_a_contact_in_who_never_said(account: ProviderAccount, joinable: Store) -> None:
    contact = ContactFactory.create(store=joinable, phone=PHONE, consent="unknown")

    assert heard(account, "εγγραφή").outcome == "opted_in"
    assert consent(contact) == "opted_in"


def test_join_is_shown_where_the_store_does_not_take_it(account: ProviderAccount, shop: Store) -> None:
    assert heard(account, "JOIN").outcome == "shown"
    assert not shop.contacts.exists()


def test_join_of_who_is_in_is_nothing_new(account: ProviderAccount, joinable: Store) -> None:
    ContactFactory.create(store=joinable, phone=PHONE)

    assert heard(account, "JOIN").outcome == "was_in"


def test_join_does_not_undo_what_others_decided(account: ProviderAccount, joinable: Store) -> None:
    suppress(store_id=joinable.pk, phone=PHONE, reason="complaint", source="test", actor=SYSTEM)

    assert heard(account, "JOIN").outcome == "refused"
    assert not joinable.contacts.exists()


def test_a_landline_cannot_join(account: ProviderAccount, joinable: Store) -> None:
    assert heard(account, "JOIN", phone="+302101234567").outcome == "refused"
    assert not joinable.contacts.exists()


# Senders that are no phones -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sender", ["BANK", "12345", "", "+1", "someone@example.org"])
def test_what_is_no_phone_neither_opts_out_nor_is_answered(account: ProviderAccount, shop: Store, sender: str) -> None:
    message = heard(account, "STOP", phone=sender)

    assert (message.outcome, message.phone_hash, message.store) == ("shown", None, shop)
    assert not InboundAnswer.objects.exists()


def test_an_erased_contact_who_writes_again_is_somebody_new(account: ProviderAccount, contact: Contact) -> None:
    Contact.objects.filter(pk=contact.pk).update(phone=None, phone_hash=None)

    message = heard(account, "STOP")

    assert (message.contact, message.outcome) == (None, "opted_out")
    assert InboundMessage.objects.count() == 1
