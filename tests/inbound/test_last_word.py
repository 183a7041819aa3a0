"""The one message to who opted out: checked again when it leaves."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audiences.models import Contact, Store
from audiences.services.consent import suppress
from campaigns.models import CampaignRecipient
from config.audit import SYSTEM
from messaging.inbound.answers import send_owed
from messaging.models import InboundAnswer, ProviderAccount
from messaging.sending.claim import claim
from tests.factories import ContactFactory, CreditAccountFactory
from tests.inbound.steps import PHONE, answers, heard

pytestmark = pytest.mark.django_db


def claimed_phones() -> list[str]:
    work = claim("worker")
    return [person.phone for person in work.people] if work else []


@pytest.fixture
def owed(account: ProviderAccount, contact: Contact) -> Contact:
    """A confirmation waits for a worker."""
    heard(account, "STOP")
    send_owed(limit=10)
    return contact


def test_the_last_word_leaves_although_they_opted_out(owed: Contact) -> None:
    assert claimed_phones() == [PHONE]


def test_the_last_word_to_who_is_no_contact_leaves_too(account: ProviderAccount, shop: Store) -> None:
    heard(account, "STOP")
    send_owed(limit=10)

    assert claimed_phones() == [PHONE]


@pytest.mark.parametrize("store_id", ["own", "all"])
def test_the_last_word_does_not_leave_when_others_forbade_it_meanwhile(owed: Contact, store_id: str) -> None:
    whose = owed.store_id if store_id == "own" else None
    suppress(store_id=whose, phone=PHONE, reason="complaint", source="test", actor=SYSTEM)

    assert claimed_phones() == []
    assert CampaignRecipient.objects.get().status == "skipped"


def test_the_last_word_does_not_leave_an_hour_later(owed: Contact) -> None:
    [campaign] = answers(owed.store)
    type(campaign).objects.filter(pk=campaign.pk).update(started_at=timezone.now() - timedelta(minutes=61))

    assert claimed_phones() == []
    assert CampaignRecipient.objects.get().reason == "opted_out"


def test_no_other_direct_message_passes_an_opt_out(owed: Contact) -> None:
    [campaign] = answers(owed.store)
    type(campaign).objects.filter(pk=campaign.pk).update(audience={"kind": "numbers", "count": 1})

    assert claimed_phones() == []


def test_an_opt_in_of_another_store_helps_nobody(owed: Contact, other_store: Store) -> None:
    CreditAccountFactory.create(store=other_store)
    ContactFactory.create(store=other_store, phone=PHONE)

    assert claimed_phones() == [PHONE]
    assert not InboundAnswer.objects.filter(store=other_store).exists()
