"""Which store a text is for."""

import pytest

from audiences.models import Contact, Store
from messaging.models import ProviderAccount
from tests.factories import ContactFactory, ProviderAccountFactory
from tests.inbound.steps import NUMBER, PHONE, consent, heard, number_of, reasons, was_texted

pytestmark = pytest.mark.django_db


def test_a_store_s_own_number_is_the_store_s(account: ProviderAccount, shop: Store, other_store: Store) -> None:
    was_texted(other_store, account)

    assert heard(account, "hello").store == shop


def test_everything_over_a_store_s_own_account_is_the_store_s(store: Store) -> None:
    own = ProviderAccountFactory.create(store=store)

    assert heard(own, "hello", to="").store == store


def test_the_same_number_of_another_account_is_another_number(shop: Store) -> None:
    elsewhere = ProviderAccountFactory.create()

    assert heard(elsewhere, "hello").store is None


def test_a_number_is_recognised_however_it_is_written(account: ProviderAccount, shop: Store) -> None:
    assert heard(account, "hello", to=f"+{NUMBER}").store == shop


def test_on_a_shared_number_a_word_names_the_store(account: ProviderAccount, store: Store, other_store: Store) -> None:
    number_of(None, account)
    number_of(store, account, word="pizza")
    number_of(other_store, account, word="books")

    named = heard(account, "STOP Pizza!")

    assert (named.store, named.meaning) == (store, "stop")
    assert heard(account, "Books stop").store == other_store
    assert (reasons(store), reasons(other_store)) == ({"opt_out"}, {"opt_out"})


def test_on_a_shared_number_the_store_that_texted_last_is_meant(
    account: ProviderAccount, store: Store, other_store: Store
) -> None:
    number_of(None, account)
    was_texted(store, account, days_ago=1)
    was_texted(other_store, account, days_ago=3)

    assert heard(account, "STOP").store == store
    assert reasons(other_store) == set()


def test_what_another_account_sent_does_not_count(account: ProviderAccount, store: Store, other_store: Store) -> None:
    number_of(None, account)
    was_texted(store, ProviderAccountFactory.create(), days_ago=1)
    was_texted(other_store, account, days_ago=3)

    assert heard(account, "hello").store == other_store


def test_contacts_are_found_by_their_phone_in_every_store(account: ProviderAccount, store: Store) -> None:
    number_of(None, account)
    contact = ContactFactory.create(store=store, phone=PHONE)
    was_texted(store, account, contact=contact, phone="+306970000001")  # the number that they had then

    assert heard(account, "hello").store == store


def test_a_number_that_is_not_ours_is_the_only_store_s_that_texted(account: ProviderAccount, store: Store) -> None:
    was_texted(store, account)

    assert heard(account, "hello", to="99999").store == store


def test_nobody_texted_nobody_s(account: ProviderAccount) -> None:
    message = heard(account, "hello", to="99999")

    assert (message.store, message.outcome, message.review) == (None, "unassigned", "open")


def test_a_text_is_not_shown_to_a_store_by_a_guess(account: ProviderAccount, store: Store, other_store: Store) -> None:
    was_texted(store, account, days_ago=1)
    was_texted(other_store, account, days_ago=2)

    message = heard(account, "are you open?", to="99999")

    assert (message.store, message.outcome) == (None, "unassigned")
    assert (reasons(store), reasons(other_store)) == (set(), set())


def test_a_stop_that_may_be_several_stores_is_for_all_that_texted(
    account: ProviderAccount, store: Store, other_store: Store
) -> None:
    contact = ContactFactory.create(store=store, phone=PHONE)
    was_texted(store, account, contact=contact)
    was_texted(other_store, account)

    message = heard(account, "STOP", to="99999")

    assert (message.store, message.outcome, message.review) == (None, "unassigned", "open")
    assert consent(contact) == "opted_out"
    assert (reasons(store), reasons(other_store)) == ({"opt_out"}, {"opt_out"})


def test_likely_words_that_may_be_several_stores_suppress_for_all(
    account: ProviderAccount, store: Store, other_store: Store
) -> None:
    was_texted(store, account)
    was_texted(other_store, account)

    heard(account, "please take me off your list", to="99999")

    assert (reasons(store), reasons(other_store)) == ({"review"}, {"review"})


def test_a_store_that_knows_the_phone_but_never_texted_it_is_not_meant(
    account: ProviderAccount, contact: Contact, other_store: Store
) -> None:
    ContactFactory.create(store=other_store, phone=PHONE)

    assert heard(account, "STOP", to="99999").store is None
    assert consent(contact) == "opted_in"
