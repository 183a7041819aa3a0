"""Consent changes leave events; an opt-out suppresses the phone, an opt-in lifts only that."""

import pytest

from audiences.models import ConsentEvent, Store, Suppression
from audiences.phones import phone_hash
from audiences.services.consent import change_consent, suppress, unsuppress
from config.audit import SYSTEM, Actor
from config.models import AuditEvent
from config.problems import InvalidFields, NotFound
from tests.factories import ContactFactory, StoreFactory
from tests.races import at_once


def change(store: Store, contact_id: int, consent: str) -> bool:
    return change_consent(
        store_id=store.pk, contact_id=contact_id, consent=consent, source="link", actor=Actor("user:1")
    )


def test_an_opt_out_is_written_with_event_audit_and_suppression(store: Store) -> None:
    contact = ContactFactory.create(store=store)

    assert change(store, contact.pk, "opted_out")

    contact.refresh_from_db()
    event, suppression, audit = ConsentEvent.objects.get(), Suppression.objects.get(), AuditEvent.objects.get()
    assert (contact.consent, contact.consent_source) == ("opted_out", "link")
    assert (event.before, event.after, event.actor, event.published_at) == ("opted_in", "opted_out", "user:1", None)
    assert (suppression.store_id, suppression.reason) == (store.pk, "opt_out")
    assert bytes(suppression.phone_hash) == phone_hash(str(contact.phone))
    assert audit.facts == {"before": "opted_in", "after": "opted_out", "source": "link"}


def test_repeating_it_changes_nothing(store: Store) -> None:
    contact = ContactFactory.create(store=store)
    change(store, contact.pk, "opted_out")

    assert not change(store, contact.pk, "opted_out")
    assert ConsentEvent.objects.count() == Suppression.objects.count() == AuditEvent.objects.count() == 1


def test_an_opt_in_lifts_the_suppression_of_the_opt_out(store: Store) -> None:
    contact = ContactFactory.create(store=store)
    change(store, contact.pk, "opted_out")

    assert change(store, contact.pk, "opted_in")
    assert Suppression.objects.count() == 0
    assert ConsentEvent.objects.count() == 2


@pytest.mark.parametrize("reason", ["complaint", "erased", "staff", "provider"])
def test_an_opt_in_lifts_no_other_suppression(store: Store, reason: str) -> None:
    contact = ContactFactory.create(store=store, consent="unknown")
    suppress(store_id=store.pk, phone=str(contact.phone), reason=reason, source="test", actor=SYSTEM)

    change(store, contact.pk, "opted_in")

    assert Suppression.objects.get().reason == reason


def test_an_opt_in_here_lifts_nothing_elsewhere(store: Store, other_store: Store) -> None:
    contact = ContactFactory.create(store=store, consent="unknown")
    for store_id in (other_store.pk, None):
        suppress(store_id=store_id, phone=str(contact.phone), reason="opt_out", source="test", actor=SYSTEM)

    change(store, contact.pk, "opted_in")

    assert Suppression.objects.count() == 2


def test_strangers_and_unknown_values_are_refused(store: Store, other_store: Store) -> None:
    contact = ContactFactory.create(store=other_store)

    with pytest.raises(NotFound):
        change(store, contact.pk, "opted_out")
    with pytest.raises(InvalidFields):
        change(other_store, contact.pk, "yes")

    contact.refresh_from_db()
    assert contact.consent == "opted_in"
    assert Suppression.objects.count() == 0


def test_a_phone_is_suppressed_once_and_lifted_once(store: Store) -> None:
    def add() -> bool:
        return suppress(store_id=None, phone="+306941234567", reason="staff", source="test", actor=SYSTEM)

    def lift() -> bool:
        return unsuppress(store_id=None, phone="+306941234567", why="staff", actor=SYSTEM, reason="a mistake")

    assert [add(), add(), lift(), lift()] == [True, False, True, False]
    assert Suppression.objects.count() == 0
    assert list(AuditEvent.objects.order_by("id").values_list("action", flat=True)) == [
        "suppression.add",
        "suppression.remove",
    ]


def test_an_unknown_reason_is_refused(store: Store) -> None:
    with pytest.raises(InvalidFields):
        suppress(store_id=store.pk, phone="+306941234567", reason="whim", source="test", actor=SYSTEM)

    assert Suppression.objects.count() == 0


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_clicks_on_the_link_are_one_event() -> None:
    store = StoreFactory.create()
    contact = ContactFactory.create(store=store)

    outcomes = at_once(5, lambda _: change(store, contact.pk, "opted_out"))

    assert sorted(map(str, outcomes)) == ["False"] * 4 + ["True"]
    assert ConsentEvent.objects.count() == Suppression.objects.count() == 1
