"""The review list: what people decide about texts."""

import pytest

from audiences.models import ConsentEvent, Contact, Store
from audiences.services.consent import suppress
from config.audit import SYSTEM, Actor
from config.models import AuditEvent
from config.problems import NotFound
from messaging.inbound import review
from messaging.inbound.apply import apply_next
from messaging.inbound.review import Decided
from messaging.models import InboundAnswer, InboundMessage, ProviderAccount
from tests.factories import ContactFactory, CreditAccountFactory
from tests.inbound.steps import PHONE, consent, heard, reasons, was_texted
from tests.races import at_once

pytestmark = pytest.mark.django_db
WORDS = "please take me off your list"
MERCHANT = Actor("user:7")


@pytest.fixture
def unclear(account: ProviderAccount, contact: Contact) -> InboundMessage:
    """A text of the contact that waits for a decision."""
    return heard(account, WORDS)


def test_confirmed_it_is_an_opt_out_with_the_text_as_evidence(unclear: InboundMessage, contact: Contact) -> None:
    review.confirm(message_id=unclear.pk, store_id=contact.store_id, actor=MERCHANT, reason="clear enough")

    unclear.refresh_from_db()
    assert (unclear.review, unclear.reviewed_by) == ("confirmed", "user:7")
    assert unclear.reviewed_at
    assert (consent(contact), reasons(contact.store)) == ("opted_out", {"opt_out"})
    assert ConsentEvent.objects.get(contact=contact).source == "stop"
    event = AuditEvent.objects.get(action="inbound.confirm")
    assert (event.actor, event.subject, event.reason) == ("user:7", f"inbound:{unclear.pk}", "clear enough")


def test_confirmed_nobody_is_answered(unclear: InboundMessage) -> None:
    review.confirm(message_id=unclear.pk, actor=MERCHANT)

    assert not InboundAnswer.objects.exists()


def test_lifted_they_may_be_texted_again(unclear: InboundMessage, contact: Contact) -> None:
    review.lift(message_id=unclear.pk, store_id=contact.store_id, actor=MERCHANT)

    unclear.refresh_from_db()
    assert unclear.review == "lifted"
    assert (consent(contact), reasons(contact.store)) == ("opted_in", set())


def test_lifting_touches_nothing_else_that_stands(unclear: InboundMessage, contact: Contact) -> None:
    suppress(store_id=contact.store_id, phone=PHONE, reason="complaint", source="test", actor=SYSTEM)

    review.lift(message_id=unclear.pk, actor=MERCHANT)

    assert reasons(contact.store) == {"complaint"}


def test_settled_nothing_changes(unclear: InboundMessage, contact: Contact) -> None:
    review.settle(message_id=unclear.pk, actor=MERCHANT, reason="looked at")

    unclear.refresh_from_db()
    assert (unclear.review, reasons(contact.store)) == ("settled", {"review"})


@pytest.mark.parametrize("decide", [review.confirm, review.lift])
def test_a_decision_is_made_once(unclear: InboundMessage, decide: object) -> None:
    review.lift(message_id=unclear.pk, actor=MERCHANT)

    with pytest.raises(Decided):
        decide(message_id=unclear.pk, actor=MERCHANT)  # type: ignore[operator]


def test_an_ordinary_text_needs_no_decision(account: ProviderAccount, contact: Contact) -> None:
    with pytest.raises(Decided):
        review.confirm(message_id=heard(account, "hello").pk, actor=MERCHANT)

    assert consent(contact) == "opted_in"


def test_another_store_s_text_does_not_exist(unclear: InboundMessage, other_store: Store, contact: Contact) -> None:
    with pytest.raises(NotFound):
        review.lift(message_id=unclear.pk, store_id=other_store.pk, actor=MERCHANT)

    assert reasons(contact.store) == {"review"}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_decisions_at_once_one_counts(unclear: InboundMessage, contact: Contact) -> None:
    decisions = [review.confirm, review.lift]

    done = at_once(2, lambda n: decisions[n](message_id=unclear.pk, actor=MERCHANT))

    assert sorted(type(one).__name__ for one in done) == ["Decided", "NoneType"]
    unclear.refresh_from_db()
    stands = {"confirmed": {"opt_out"}, "lifted": set()}
    assert reasons(contact.store) == stands[unclear.review]


# Nobody's texts -----------------------------------------------------------------------------------------------------


def test_what_is_nobody_s_can_be_given_to_a_store(account: ProviderAccount, store: Store) -> None:
    contact = ContactFactory.create(store=store, phone=PHONE)
    CreditAccountFactory.create(store=store)
    message = heard(account, "STOP", to="99999")
    assert message.outcome == "unassigned"

    review.assign(message_id=message.pk, store_id=store.pk, actor=MERCHANT, reason="their old number")
    apply_next()

    message.refresh_from_db()
    assert (message.store, message.outcome, message.review) == (store, "opted_out", "settled")
    assert consent(contact) == "opted_out"


def test_what_is_given_to_a_store_may_need_a_decision_there(account: ProviderAccount, store: Store) -> None:
    message = heard(account, WORDS, to="99999")

    review.assign(message_id=message.pk, store_id=store.pk, actor=MERCHANT, reason="theirs")
    apply_next()

    message.refresh_from_db()
    assert (message.outcome, message.review) == ("suppressed", "open")


def test_what_is_a_store_s_is_not_given_to_another(unclear: InboundMessage, other_store: Store) -> None:
    with pytest.raises(Decided):
        review.assign(message_id=unclear.pk, store_id=other_store.pk, actor=MERCHANT, reason="no")


def test_there_must_be_such_a_store(account: ProviderAccount) -> None:
    message = heard(account, "hello", to="99999")

    with pytest.raises(Decided):
        review.assign(message_id=message.pk, store_id=10**9, actor=MERCHANT, reason="no")


def test_staff_decides_for_all_stores_that_a_text_was_taken_to_mean(
    account: ProviderAccount, store: Store, other_store: Store
) -> None:
    was_texted(store, account)
    was_texted(other_store, account)
    message = heard(account, WORDS, to="99999")

    review.lift(message_id=message.pk, actor=MERCHANT)

    assert (reasons(store), reasons(other_store)) == (set(), set())


def test_staff_confirms_for_all_of_them(account: ProviderAccount, store: Store, other_store: Store) -> None:
    was_texted(store, account)
    was_texted(other_store, account)
    message = heard(account, WORDS, to="99999")

    review.confirm(message_id=message.pk, actor=MERCHANT)

    assert (reasons(store), reasons(other_store)) == ({"opt_out"}, {"opt_out"})


def test_a_text_of_no_phone_can_be_settled(account: ProviderAccount) -> None:
    message = heard(account, "STOP", phone="BANK", to="99999")

    review.confirm(message_id=message.pk, actor=MERCHANT)

    message.refresh_from_db()
    assert message.review == "confirmed"
