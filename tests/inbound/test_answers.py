"""Answers to texts: one per opt-out, few a day, to people only, at the store's cost."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from audiences.models import Contact, Store
from audiences.services.consent import change_consent, suppress
from audiences.services.stores import update_store
from billing.services import account_of
from campaigns.models import CampaignRecipient
from config.audit import SYSTEM
from messaging.inbound.answers import owe, send, send_owed
from messaging.inbound.settings import change_settings
from messaging.models import InboundAnswer, InboundMessage, ProviderAccount
from tests.factories import ContactFactory
from tests.inbound.steps import PHONE, answers, heard, number_of
from tests.races import at_once

pytestmark = pytest.mark.django_db


def one() -> InboundAnswer:
    return InboundAnswer.objects.get()


def test_an_opt_out_is_confirmed_once(account: ProviderAccount, contact: Contact) -> None:
    heard(account, "STOP")

    assert send_owed(limit=10) == {"answers": 1, "unanswered": 0}
    assert send_owed(limit=10) == {"answers": 0, "unanswered": 0}

    [campaign] = answers(contact.store)
    assert (campaign.kind, campaign.status, campaign.audience["last_word"]) == ("direct", "sending", True)
    assert (one().state, one().campaign_id, one().kind) == ("sent", campaign.pk, "stop")
    assert CampaignRecipient.objects.get(campaign=campaign).phone == PHONE


def test_the_store_pays_for_an_answer(account: ProviderAccount, contact: Contact) -> None:
    heard(account, "STOP")
    send_owed(limit=10)

    money = account_of(contact.store_id)
    assert (money.available, money.held) == (99, 1)


def test_a_confirmation_is_in_the_language_of_the_word(account: ProviderAccount, contact: Contact) -> None:
    heard(account, "διαγραφή")
    send_owed(limit=10)

    assert "EΠANEΓΓPAΦH" in answers(contact.store)[0].message


def test_without_a_word_s_language_the_contact_s_own_counts(account: ProviderAccount, contact: Contact) -> None:
    Contact.objects.filter(pk=contact.pk).update(language="de-AT")

    heard(account, "STOP")
    send_owed(limit=10)

    assert "Wieder anmelden" in answers(contact.store)[0].message


def test_else_that_of_the_phone_s_country(account: ProviderAccount, shop: Store) -> None:
    heard(account, "STOP", phone="+4915112345678")
    heard(account, "STOP", phone="+447400123456")
    send_owed(limit=10)

    german, english = answers(shop)
    assert "Wieder anmelden" in german.message
    assert "To come back reply START" in english.message


def test_a_store_may_switch_confirmations_off(account: ProviderAccount, contact: Contact) -> None:
    change_settings(store=contact.store, changes={"confirm_stop": False}, actor=SYSTEM)

    assert heard(account, "STOP").outcome == "opted_out"
    assert not InboundAnswer.objects.exists()


def test_one_opt_out_has_one_confirmation_whatever_happens(account: ProviderAccount, contact: Contact) -> None:
    message = heard(account, "STOP")
    other = heard(account, "hello")
    again = one().opt_out

    with pytest.raises(IntegrityError), transaction.atomic():
        owe(other, store_id=contact.store_id, phone_hash=bytes(message.phone_hash or b""), kind="stop", opt_out=again)


def test_a_new_opt_out_after_a_start_is_confirmed_anew(account: ProviderAccount, contact: Contact) -> None:
    for text in ("STOP", "START", "STOP"):
        heard(account, text)

    kinds = InboundAnswer.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["stop", "start", "stop"]


# What there is no answer to -----------------------------------------------------------------------------------------


def test_a_machine_is_not_answered_for_ever(account: ProviderAccount, contact: Contact, settings: Settings) -> None:
    settings.INBOUND_ANSWERS_PER_DAY = 3
    for text in ("STOP", "START") * 5:
        heard(account, text)

    assert InboundAnswer.objects.count() == 3
    InboundAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert heard(account, "STOP").outcome == "opted_out"
    assert InboundAnswer.objects.count() == 4


def test_the_limit_is_the_phone_s_over_all_stores(
    account: ProviderAccount, contact: Contact, other_store: Store, settings: Settings
) -> None:
    settings.INBOUND_ANSWERS_PER_DAY = 1
    number_of(other_store, account, number="306900000001")

    heard(account, "STOP")
    heard(account, "STOP", to="306900000001")

    assert one().store == contact.store


def test_with_a_limit_of_none_nothing_is_answered(
    account: ProviderAccount, contact: Contact, settings: Settings
) -> None:
    settings.INBOUND_ANSWERS_PER_DAY = 0

    assert heard(account, "STOP").outcome == "opted_out"
    assert not InboundAnswer.objects.exists()


@pytest.mark.parametrize("sender", ["12345", "BANK", "+302101234567", "+99912345678"])
def test_who_cannot_be_texted_is_not_answered(account: ProviderAccount, shop: Store, sender: str) -> None:
    heard(account, "STOP", phone=sender)

    assert not InboundAnswer.objects.exists()


def test_a_number_of_ours_is_not_answered(account: ProviderAccount, shop: Store, other_store: Store) -> None:
    number_of(other_store, account, number="306971119999")

    heard(account, "HELP", phone="+306971119999")

    assert not InboundAnswer.objects.exists()


def test_help_is_answered_once_an_hour(account: ProviderAccount, contact: Contact) -> None:
    assert [heard(account, "HELP").outcome, heard(account, "βοήθεια").outcome] == ["answered", "shown"]

    InboundAnswer.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    assert heard(account, "HELP").outcome == "answered"


def test_help_is_the_store_s_own_text(account: ProviderAccount, contact: Contact) -> None:
    change_settings(store=contact.store, changes={"help_text": "Call 210 000 0000"}, actor=SYSTEM)

    heard(account, "HELP")
    send_owed(limit=10)

    [campaign] = answers(contact.store)
    assert (campaign.message, "last_word" in campaign.audience) == ("Call 210 000 0000", False)


def test_help_of_who_opted_out_is_not_answered(account: ProviderAccount, contact: Contact) -> None:
    change_consent(store_id=contact.store_id, contact_id=contact.pk, consent="opted_out", source="link", actor=SYSTEM)

    heard(account, "HELP")

    assert send_owed(limit=10) == {"answers": 0, "unanswered": 1}
    assert (one().state, one().reason) == ("given_up", "no_recipients")


# What hinders it ----------------------------------------------------------------------------------------------------


def test_without_credits_the_opt_out_stands_unconfirmed(account: ProviderAccount, store: Store) -> None:
    number_of(store, account)
    contact = ContactFactory.create(store=store, phone=PHONE)

    heard(account, "STOP")

    assert send_owed(limit=10) == {"answers": 0, "unanswered": 1}
    assert (one().state, one().reason) == ("given_up", "insufficient_credits")
    contact.refresh_from_db()
    assert contact.consent == "opted_out"


def test_a_store_that_may_not_send_does_not_answer(account: ProviderAccount, contact: Contact) -> None:
    heard(account, "STOP")
    Store.objects.filter(pk=contact.store_id).update(sending_stopped=True)

    send_owed(limit=10)

    assert one().state == "given_up"
    assert answers(contact.store) == []


def test_an_answer_that_comes_too_late_is_none(account: ProviderAccount, contact: Contact) -> None:
    heard(account, "STOP")
    InboundAnswer.objects.update(created_at=timezone.now() - timedelta(minutes=61))

    send_owed(limit=10)

    assert (one().state, one().reason) == ("given_up", "late")


def test_who_was_erased_meanwhile_is_not_answered(account: ProviderAccount, contact: Contact) -> None:
    message = heard(account, "STOP")
    InboundMessage.objects.filter(pk=message.pk).update(phone=None, phone_hash=None)

    send_owed(limit=10)

    assert (one().state, one().reason) == ("given_up", "no_phone")


@pytest.mark.parametrize("reason", ["complaint", "staff", "provider", "erased"])
def test_a_confirmation_does_not_pass_what_others_decided(
    account: ProviderAccount, contact: Contact, reason: str
) -> None:
    heard(account, "STOP")
    suppress(store_id=contact.store_id, phone=PHONE, reason=reason, source="test", actor=SYSTEM)

    send_owed(limit=10)

    assert (one().state, one().reason) == ("given_up", "no_recipients")


def test_an_answer_that_is_gone_is_not_sent(account: ProviderAccount, contact: Contact) -> None:
    heard(account, "STOP")
    answer = one()
    assert send(answer.pk)

    assert not send(answer.pk)
    assert not send(answer.pk + 1)
    assert len(answers(contact.store)) == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_several_senders_one_sends(account: ProviderAccount, contact: Contact) -> None:
    heard(account, "STOP")
    answer = one()

    sent = at_once(4, lambda _: send(answer.pk))

    assert sorted(map(str, sent)) == ["False", "False", "False", "True"]
    assert len(answers(contact.store)) == 1
    assert account_of(contact.store_id).held == 1


def test_the_name_of_a_store_may_be_anything(account: ProviderAccount, contact: Contact) -> None:
    changes: dict[str, Any] = {"name": "{{Tom & Jerry}} \u202e" + "x" * 100}
    update_store(store_id=contact.store_id, changes=changes, actor=SYSTEM)

    heard(account, "STOP")

    assert send_owed(limit=10) == {"answers": 1, "unanswered": 0}
