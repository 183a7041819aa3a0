"""Registering numbers, and how a store answers."""

import pytest

from audiences.models import Store
from config.audit import SYSTEM
from config.models import AuditEvent
from config.problems import Conflict, InvalidFields, NotFound
from messaging.inbound.numbers import add_number, remove_number
from messaging.inbound.settings import change_settings, settings_of
from messaging.models import InboundNumber, ProviderAccount

pytestmark = pytest.mark.django_db


def add(account: ProviderAccount, number: str = "+30 690 000 0000", store: Store | None = None, word: str = "") -> int:
    store_id = store.pk if store else None
    return add_number(account_id=account.pk, number=number, store_id=store_id, word=word, actor=SYSTEM).pk


def test_a_number_is_kept_as_digits_and_audited(account: ProviderAccount, store: Store) -> None:
    add(account, store=store)

    row = InboundNumber.objects.get()
    assert (row.number, row.word, row.store, str(row)) == ("306900000000", "", store, "306900000000")
    assert AuditEvent.objects.get(action="inbound_number.add").facts == {"number": "306900000000", "word": ""}


def test_a_word_is_kept_folded(account: ProviderAccount, store: Store) -> None:
    add(account, store=store, word="PÍZZA")

    assert InboundNumber.objects.get().word == "pizza"


@pytest.mark.parametrize("number", ["", "Shop", "12", "0123", "1" * 16, "69x"])
def test_what_is_no_number_is_refused(account: ProviderAccount, number: str) -> None:
    with pytest.raises(InvalidFields):
        add(account, number)


@pytest.mark.parametrize("word", ["stop", "Help!", "take me off", "xy" * 16, "unsubscribe"])
def test_a_word_that_means_something_is_refused(account: ProviderAccount, store: Store, word: str) -> None:
    with pytest.raises(InvalidFields):
        add(account, store=store, word=word)


def test_a_word_names_a_store(account: ProviderAccount) -> None:
    with pytest.raises(InvalidFields):
        add(account, word="pizza")


def test_a_number_is_registered_once(account: ProviderAccount, store: Store) -> None:
    add(account, store=store)

    with pytest.raises(Conflict):
        add(account, "00306900000000")


def test_there_must_be_such_an_account(store: Store) -> None:
    with pytest.raises(NotFound):
        add_number(account_id=10**9, number="12345", store_id=store.pk, actor=SYSTEM)


def test_a_number_is_removed_with_a_reason(account: ProviderAccount, store: Store) -> None:
    pk = add(account, store=store)

    remove_number(number_id=pk, actor=SYSTEM, reason="given back")

    assert not InboundNumber.objects.exists()
    assert AuditEvent.objects.get(action="inbound_number.remove").reason == "given back"
    with pytest.raises(NotFound):
        remove_number(number_id=pk, actor=SYSTEM, reason="again")


# How a store answers ------------------------------------------------------------------------------------------------


def test_a_store_that_said_nothing_has_the_defaults(store: Store) -> None:
    found = settings_of(store.pk)

    assert (found.confirm_stop, found.help_text, found.join) == (True, "", False)


def test_what_is_left_out_stays(store: Store) -> None:
    change_settings(store=store, changes={"help_text": "Call us"}, actor=SYSTEM)
    change_settings(store=store, changes={"join": True}, actor=SYSTEM)

    found = settings_of(store.pk)
    assert (found.confirm_stop, found.help_text, found.join) == (True, "Call us", True)
    facts = AuditEvent.objects.filter(action="inbound.settings").order_by("pk").values_list("facts", flat=True)
    assert list(facts) == [{"fields": ["help_text"]}, {"fields": ["join"]}]


def test_a_help_text_with_a_placeholder_that_nobody_knows_is_refused(store: Store) -> None:
    with pytest.raises(InvalidFields) as refusal:
        change_settings(store=store, changes={"help_text": "Hi {{nick}}"}, actor=SYSTEM)

    assert refusal.value.facts["errors"][0]["pointer"] == "#/help"


def test_other_settings_are_not_known(store: Store) -> None:
    with pytest.raises(InvalidFields):
        change_settings(store=store, changes={"store_id": 7}, actor=SYSTEM)
