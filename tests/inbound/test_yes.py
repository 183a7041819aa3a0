"""YES: the second step of a double opt-in by a text, and no more than a word where nobody asked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audiences.models import ConsentEvent, Contact, OptInRequest, Store
from audiences.phones import Phone
from audiences.services.joining import SignUp, sign_up
from config.opaque import public_id
from messaging.models import InboundAnswer, ProviderAccount
from tests.factories import ContactFactory
from tests.inbound.steps import PHONE, consent, heard

pytestmark = pytest.mark.django_db


def signed_up(shop: Store) -> Contact:
    """A contact who signed up on the page; the question waits to be sent."""
    contact = ContactFactory.create(store=shop, phone=PHONE, consent="unknown", first_name="")
    sign_up(SignUp(Phone(PHONE, "GR"), {"first_name": "Ada"}, "en", {"page": "/join/shop"}), store=shop)
    return contact


@pytest.fixture
def asked(shop: Store) -> Contact:
    """A contact who signed up, and was sent the question."""
    contact = signed_up(shop)
    OptInRequest.objects.update(state="sent")
    return contact


@pytest.mark.parametrize("word", ["YES", "Ναι!", "nai"])
def test_yes_confirms_the_sign_up_with_the_evidence_of_both_steps(
    account: ProviderAccount, asked: Contact, word: str
) -> None:
    message = heard(account, word)

    request, event = OptInRequest.objects.get(), ConsentEvent.objects.get()
    assert (message.meaning, message.outcome, consent(asked)) == ("yes", "opted_in", "opted_in")
    assert (request.state, asked.first_name) == ("confirmed", "Ada")
    assert event.evidence["asked"]["page"] == "/join/shop"
    assert event.evidence["confirmed"] == {"inbound": public_id(message.pk, kind="inb"), "to": "306900000000"}


def test_yes_is_answered_once(account: ProviderAccount, asked: Contact) -> None:
    first, second = heard(account, "YES"), heard(account, "YES")

    assert (first.outcome, second.outcome) == ("opted_in", "shown")
    assert InboundAnswer.objects.get().kind == "join"


def test_yes_after_the_time_is_shown(account: ProviderAccount, asked: Contact) -> None:
    OptInRequest.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert (heard(account, "YES").outcome, consent(asked)) == ("shown", "unknown")


def test_yes_before_the_question_is_shown(account: ProviderAccount, shop: Store) -> None:
    contact = signed_up(shop)

    assert (heard(account, "YES").outcome, consent(contact)) == ("shown", "unknown")


def test_yes_does_not_take_back_a_stop(account: ProviderAccount, asked: Contact) -> None:
    heard(account, "STOP")

    assert (heard(account, "YES").outcome, consent(asked)) == ("shown", "opted_out")


def test_yes_to_another_store_is_shown(account: ProviderAccount, asked: Contact, other_store: Store) -> None:
    OptInRequest.objects.update(store=other_store)

    assert (heard(account, "YES").outcome, consent(asked)) == ("shown", "unknown")


def test_yes_to_no_question_is_shown(account: ProviderAccount, contact: Contact) -> None:
    assert heard(account, "Ναι").outcome == "shown"
