"""Contacts are created, changed, upserted and deleted by services that leave an audit."""

from datetime import date
from typing import Any

import pytest

from audiences.errors import DuplicatePhone
from audiences.models import ConsentEvent, Contact, Store, Suppression
from audiences.phones import phone_hash
from audiences.services.consent import change_consent
from audiences.services.contacts import create_contact, delete_contact, update_contact, upsert_contact
from config.audit import SYSTEM, Actor
from config.models import AuditEvent
from config.problems import InvalidFields, NotFound
from tests.factories import ContactFactory, ContactListFactory, StoreFactory
from tests.races import at_once


def test_a_new_contact_has_a_normalised_phone_and_an_audit(store: Store) -> None:
    values = {"first_name": "Ελένη", "email": "eleni@example.org", "birthday": date(1990, 2, 28), "gender": "female"}

    made = create_contact(store=store, phone="694 123 4567", values=values, actor=Actor("user:1"))

    made.refresh_from_db()
    assert (made.phone, made.country, made.consent) == ("+306941234567", "GR", "unknown")
    assert (made.first_name, made.birthday) == ("Ελένη", date(1990, 2, 28))
    assert bytes(made.phone_hash or b"") == phone_hash("+306941234567")
    assert ConsentEvent.objects.count() == 0
    audit = AuditEvent.objects.get()
    assert (audit.action, audit.actor, audit.subject) == ("contact.create", "user:1", f"contact:{made.pk}")
    assert "694" not in str(audit.facts)


def test_stated_consent_is_kept_with_source_and_evidence(store: Store) -> None:
    made = create_contact(
        store=store,
        phone="6941234567",
        values={},
        actor=SYSTEM,
        consent="opted_in",
        source="till",
        evidence={"receipt": 7},
    )

    event = ConsentEvent.objects.get()
    assert (made.consent, made.consent_source) == ("opted_in", "till")
    assert (event.before, event.after, event.source, event.evidence) == ("unknown", "opted_in", "till", {"receipt": 7})


@pytest.mark.parametrize(
    ("given", "pointer", "code"),
    [
        ({"phone": "12"}, "#/phone", "too_short"),
        ({"phone": "2101234567"}, "#/phone", "not_mobile"),
        ({"consent": "yes"}, "#/consent", "bad_consent"),
        ({"consent": "opted_in"}, "#/consent_source", "required"),
        ({"values": {"first_name": "x" * 121}}, "#/first_name", "too_long_text"),
        ({"values": {"first_name": "a\x00b"}}, "#/first_name", "bad_text"),
        ({"values": {"last_name": "\ud800"}}, "#/last_name", "bad_text"),
        ({"values": {"first_name": 7}}, "#/first_name", "bad_text"),
        ({"values": {"email": "nobody"}}, "#/email", "bad_email"),
        ({"values": {"gender": "f"}}, "#/gender", "bad_gender"),
        ({"values": {"birthday": date(2999, 1, 1)}}, "#/birthday", "bad_birthday"),
        ({"values": {"birthday": date(1899, 12, 31)}}, "#/birthday", "bad_birthday"),
        ({"values": {"language": "ελληνικά"}}, "#/language", "bad_language"),
        ({"values": {"time_zone": "Athens"}}, "#/time_zone", "bad_time_zone"),
        ({"values": {"fields": {"city": "Athens"}}}, "#/fields/city", "unknown_field"),
        ({"values": {"fields": {"points": "many"}}}, "#/fields/points", "bad_number"),
        ({"values": {"fields": {"points": True}}}, "#/fields/points", "bad_number"),
        ({"values": {"fields": {"since": "31/12/2020"}}}, "#/fields/since", "bad_date"),
        ({"values": {"fields": {"vip": "yes"}}}, "#/fields/vip", "bad_yes_no"),
        ({"values": {"fields": {"town": "x" * 501}}}, "#/fields/town", "too_long_text"),
        ({"values": {"consent": "opted_in"}}, "#/consent", "unknown_field"),
        ({"values": {"store_id": 1}}, "#/store_id", "unknown_field"),
    ],
)
@pytest.mark.django_db
def test_bad_values_are_refused_and_nothing_is_written(given: dict[str, Any], pointer: str, code: str) -> None:
    store = StoreFactory.create(custom_fields={"points": "number", "since": "date", "vip": "yes_no", "town": "text"})

    with pytest.raises(InvalidFields) as refusal:
        create_contact(store=store, **{"phone": "6941234567", "values": {}, "actor": SYSTEM, **given})

    error = refusal.value.facts["errors"][0]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert Contact.objects.count() == AuditEvent.objects.count() == 0


def test_a_phone_is_once_per_store(store: Store, other_store: Store) -> None:
    create_contact(store=store, phone="6941234567", values={}, actor=SYSTEM)
    create_contact(store=other_store, phone="6941234567", values={}, actor=SYSTEM)

    with pytest.raises(DuplicatePhone) as refusal:
        create_contact(store=store, phone="+30 694 1234567", values={}, actor=SYSTEM)

    assert (refusal.value.code, refusal.value.status) == ("CONFLICT", 409)
    assert Contact.objects.count() == 2


def test_a_change_touches_what_was_given_only(store: Store) -> None:
    contact = ContactFactory.create(store=store, first_name="Old", last_name="Kept")

    changed = update_contact(store=store, contact_id=contact.pk, values={"first_name": "New"}, actor=SYSTEM)

    assert (changed.first_name, changed.last_name, changed.phone) == ("New", "Kept", contact.phone)
    assert changed.updated_at > contact.updated_at
    assert AuditEvent.objects.get(action="contact.edit").facts == {"fields": ["first_name"]}


def test_a_change_that_changes_nothing_leaves_no_trace(store: Store) -> None:
    contact = ContactFactory.create(store=store, first_name="Same")

    same = update_contact(store=store, contact_id=contact.pk, values={"first_name": "Same"}, actor=SYSTEM)

    assert same.updated_at == contact.updated_at
    assert AuditEvent.objects.count() == 0


def test_custom_fields_are_merged_and_none_removes_one(db: None) -> None:
    store = StoreFactory.create(custom_fields={"city": "text", "points": "number"})
    contact = ContactFactory.create(store=store, fields={"city": "Patras", "points": 3})

    values = {"fields": {"points": 4, "city": None}}
    changed = update_contact(store=store, contact_id=contact.pk, values=values, actor=SYSTEM)

    assert changed.fields == {"points": 4}


def test_a_new_phone_brings_its_country_and_hash(store: Store) -> None:
    contact = ContactFactory.create(store=store)

    values = {"phone": "+49 151 23456789"}
    changed = update_contact(store=store, contact_id=contact.pk, values=values, actor=SYSTEM)

    assert (changed.phone, changed.country) == ("+4915123456789", "DE")
    assert bytes(changed.phone_hash or b"") == phone_hash("+4915123456789")


def test_a_phone_that_another_contact_has_is_a_conflict(store: Store) -> None:
    first, second = ContactFactory.create_batch(2, store=store)

    with pytest.raises(DuplicatePhone):
        update_contact(store=store, contact_id=second.pk, values={"phone": first.phone}, actor=SYSTEM)

    second.refresh_from_db()
    assert second.phone != first.phone


def test_a_stranger_s_contact_does_not_exist(store: Store, other_store: Store) -> None:
    stranger = ContactFactory.create(store=other_store, first_name="Untouched")

    with pytest.raises(NotFound):
        update_contact(store=store, contact_id=stranger.pk, values={"first_name": "x"}, actor=SYSTEM)
    with pytest.raises(NotFound):
        delete_contact(store=store, contact_id=stranger.pk, actor=SYSTEM)

    stranger.refresh_from_db()
    assert (stranger.first_name, stranger.erased_at) == ("Untouched", None)


def test_an_upsert_makes_then_changes_and_never_raises_consent(store: Store) -> None:
    def upsert(name: str) -> Any:
        return upsert_contact(
            store=store, phone="6941234567", values={"first_name": name}, actor=SYSTEM, consent="opted_in", source="api"
        )

    first = upsert("One")
    change_consent(store_id=store.pk, contact_id=first.contact.pk, consent="opted_out", source="link", actor=SYSTEM)
    second = upsert("Two")

    assert (first.created, second.created, first.contact.pk) == (True, False, second.contact.pk)
    assert (second.contact.first_name, second.contact.consent) == ("Two", "opted_out")


def test_a_deleted_contact_is_anonymous_and_off_its_lists(store: Store) -> None:
    contact = ContactFactory.create(store=store, last_name="Gone", email="gone@example.org", fields={"city": "x"})
    named = ContactListFactory.create(store=store, contacts=[contact])

    delete_contact(store=store, contact_id=contact.pk, actor=SYSTEM)

    contact.refresh_from_db()
    assert (contact.phone, contact.phone_hash, contact.first_name, contact.last_name) == (None, None, "", "")
    assert (contact.email, contact.fields) == ("", {})
    assert contact.erased_at is not None
    assert named.memberships.count() == 0
    assert Suppression.objects.count() == 0
    with pytest.raises(NotFound):
        delete_contact(store=store, contact_id=contact.pk, actor=SYSTEM)


def test_who_opted_out_stays_opted_out_over_deletion_and_creation(store: Store) -> None:
    contact = ContactFactory.create(store=store, consent="opted_out")
    delete_contact(store=store, contact_id=contact.pk, actor=SYSTEM)

    again = create_contact(
        store=store, phone=str(contact.phone), values={}, actor=SYSTEM, consent="opted_in", source="api"
    )

    assert again.pk != contact.pk
    assert again.consent == "opted_out"
    assert Suppression.objects.get().reason == "opt_out"


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_many_creating_the_same_phone_one_wins() -> None:
    store = StoreFactory.create()

    outcomes = at_once(6, lambda _: create_contact(store=store, phone="6941234567", values={}, actor=SYSTEM))

    assert sum(isinstance(outcome, Contact) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, DuplicatePhone) for outcome in outcomes) == 5
    assert Contact.objects.count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_many_upserts_of_the_same_phone_all_succeed_on_one_contact() -> None:
    store = StoreFactory.create()

    outcomes = at_once(
        6,
        lambda n: (
            upsert_contact(store=store, phone="6941234567", values={"first_name": f"Name {n}"}, actor=SYSTEM).created
        ),
    )

    assert sorted(map(str, outcomes)) == ["False"] * 5 + ["True"]
    assert Contact.objects.count() == 1
