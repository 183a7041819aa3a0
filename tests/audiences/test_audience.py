"""One queryset says who gets a campaign, and why the others do not."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audiences import audience
from audiences.errors import AudienceInvalid
from audiences.models import Contact, ContactList, Store, Suppression
from audiences.services.consent import change_consent, suppress
from audiences.services.contacts import create_contact, update_contact
from audiences.services.lists import change_members, delete_list
from config.audit import SYSTEM
from config.opaque import public_id
from tests.factories import ContactFactory, ContactListFactory, StoreFactory

EVERYBODY = {"kind": "all", "exclude": []}


def reasons(store: Store, kind: str = "marketing", stored: dict[str, Any] = EVERYBODY) -> list[str | None]:
    rows = audience.people(store_id=store.pk, audience=stored, kind=kind)
    return list(rows.values_list("exclusion", flat=True))


def ids(store: Store, stored: dict[str, Any], **window: int) -> list[int]:
    rows = audience.people(store_id=store.pk, audience=stored, kind="marketing", **window)
    return list(rows.values_list("pk", flat=True))


def on(*lists: ContactList) -> dict[str, Any]:
    first, *exclude = [{"kind": "list", "id": row.pk} for row in lists]
    return {**first, "exclude": exclude}


@pytest.mark.parametrize("kind", ["marketing", "birthday", "welcome"])
def test_marketing_needs_an_opt_in(store: Store, kind: str) -> None:
    for consent in ("opted_in", "unknown", "opted_out"):
        ContactFactory.create(store=store, consent=consent)

    assert reasons(store, kind) == [None, "not_opted_in", "opted_out"]


@pytest.mark.parametrize("kind", ["service", "test", "direct"])
def test_other_kinds_only_respect_an_opt_out(store: Store, kind: str) -> None:
    for consent in ("opted_in", "unknown", "opted_out"):
        ContactFactory.create(store=store, consent=consent)

    assert reasons(store, kind) == [None, None, "opted_out"]


def test_an_unknown_campaign_kind_is_an_error(store: Store) -> None:
    with pytest.raises(KeyError):
        audience.people(store_id=store.pk, audience=EVERYBODY, kind="newsletter")


def test_a_suppression_of_the_store_or_of_all_counts_and_a_stranger_s_does_not(
    store: Store, other_store: Store
) -> None:
    here, everywhere, elsewhere = ContactFactory.create_batch(3, store=store)
    suppress(store_id=store.pk, phone=str(here.phone), reason="staff", source="test", actor=SYSTEM)
    suppress(store_id=None, phone=str(everywhere.phone), reason="complaint", source="test", actor=SYSTEM)
    suppress(store_id=other_store.pk, phone=str(elsewhere.phone), reason="staff", source="test", actor=SYSTEM)

    assert reasons(store) == ["suppressed", "suppressed", None]


def test_a_contact_without_phone_is_invalid_and_an_erased_one_is_nobody(store: Store) -> None:
    ContactFactory.create(store=store, phone=None)
    ContactFactory.create(store=store, phone=None, erased_at=timezone.now())

    assert reasons(store) == ["invalid"]


def test_exclusions_are_counted_by_reason(store: Store) -> None:
    ContactFactory.create_batch(2, store=store)
    ContactFactory.create_batch(3, store=store, consent="unknown")
    ContactFactory.create(store=store, consent="opted_out")
    everybody = audience.people(store_id=store.pk, audience=EVERYBODY, kind="marketing")

    assert audience.exclusions(everybody) == {"not_opted_in": 3, "opted_out": 1}
    assert everybody.filter(exclusion=None).count() == 2


def test_everybody_means_this_store_s_everybody_by_id(store: Store, other_store: Store) -> None:
    ours = ContactFactory.create_batch(3, store=store)
    ContactFactory.create(store=other_store)

    assert ids(store, EVERYBODY) == [contact.pk for contact in ours]


def test_a_list_means_its_contacts_without_those_on_excluded_lists(store: Store) -> None:
    a, b, c, _ = ContactFactory.create_batch(4, store=store)
    named = ContactListFactory.create(store=store, contacts=[c, a, b])
    away = ContactListFactory.create(store=store, contacts=[b])

    assert ids(store, on(named)) == [a.pk, b.pk, c.pk]
    assert ids(store, on(named, away)) == [a.pk, c.pk]
    assert ids(store, {"kind": "all", "exclude": [{"kind": "list", "id": away.pk}]})[:2] == [a.pk, c.pk]


def test_a_window_of_ids_is_walked_without_gap(store: Store) -> None:
    a, b, c, d = ContactFactory.create_batch(4, store=store)
    named = ContactListFactory.create(store=store, contacts=[a, b, c, d])

    assert ids(store, on(named), after=a.pk, bound=c.pk) == [b.pk, c.pk]
    assert ids(store, EVERYBODY, after=b.pk, bound=c.pk) == [c.pk]


def test_a_lost_list_is_nobody_also_when_it_was_an_exclusion(store: Store) -> None:
    contact = ContactFactory.create(store=store)
    named = ContactListFactory.create(store=store, contacts=[contact])
    away = ContactListFactory.create(store=store)
    stored = on(named, away)
    delete_list(store_id=store.pk, list_id=away.pk, actor=SYSTEM)

    without_exclusion = ids(store, stored)
    delete_list(store_id=store.pk, list_id=named.pk, actor=SYSTEM)

    assert without_exclusion == []
    assert ids(store, on(named)) == []


def test_what_the_api_says_is_stored_and_shown_again(store: Store) -> None:
    first, second = ContactListFactory.create_batch(2, store=store)
    said = {"list": public_id(first.pk, kind="lst"), "exclude": [{"list": public_id(second.pk, kind="lst")}]}

    stored = audience.parse(store_id=store.pk, data=said)

    assert stored == {"kind": "list", "id": first.pk, "exclude": [{"kind": "list", "id": second.pk}]}
    assert audience.show(stored) == said
    assert audience.show(audience.parse(store_id=store.pk, data={"all": True})) == {"all": True}


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        (None, "#/audience"),
        ("everybody", "#/audience"),
        ([], "#/audience"),
        ({}, "#/audience"),
        ({"exclude": []}, "#/audience"),
        ({"all": False}, "#/audience/all"),
        ({"all": 1}, "#/audience/all"),
        ({"segment": "seg_1"}, "#/audience/segment"),
        ({"list": None}, "#/audience/list"),
        ({"list": 7}, "#/audience/list"),
        ({"list": "lst_aaaaaaaaaaaaaaaaaaaaaaaaaa"}, "#/audience/list"),
        ({"all": True, "list": "lst_a"}, "#/audience"),
        ({"all": True, "exclude": "lst_a"}, "#/audience/exclude"),
        ({"all": True, "exclude": [{"all": True}]}, "#/audience/exclude/0/all"),
        ({"all": True, "exclude": ["lst_a"]}, "#/audience/exclude/0"),
        ({"all": True, "exclude": [{}] * 21}, "#/audience/exclude"),
    ],
)
def test_what_is_not_understood_is_never_everybody(store: Store, said: Any, pointer: str) -> None:
    with pytest.raises(AudienceInvalid) as refusal:
        audience.parse(store_id=store.pk, data=said)

    assert refusal.value.facts["errors"][0]["pointer"] == pointer
    assert (refusal.value.code, refusal.value.status) == ("AUDIENCE_INVALID", 400)


def test_another_store_s_list_does_not_exist(store: Store, other_store: Store) -> None:
    stranger = public_id(ContactListFactory.create(store=other_store).pk, kind="lst")

    with pytest.raises(AudienceInvalid):
        audience.parse(store_id=store.pk, data={"list": stranger})
    with pytest.raises(AudienceInvalid):
        audience.parse(store_id=store.pk, data={"all": True, "exclude": [{"list": stranger}]})


def test_the_version_changes_with_whatever_changes_the_people(store: Store) -> None:
    contact = ContactFactory.create(store=store)
    named = ContactListFactory.create(store=store)
    seen = [audience.version(store_id=store.pk, audience=on(named))]

    def look() -> None:
        seen.append(audience.version(store_id=store.pk, audience=on(named)))

    made = create_contact(store=store, phone="6941234567", values={}, actor=SYSTEM)
    look()
    update_contact(store=store, contact_id=contact.pk, values={"first_name": "Eleni"}, actor=SYSTEM)
    look()
    change_consent(store_id=store.pk, contact_id=made.pk, consent="opted_in", source="test", actor=SYSTEM)
    look()
    change_members(store_id=store.pk, list_id=named.pk, add=[made.pk], actor=SYSTEM)
    look()
    suppress(store_id=store.pk, phone="+306949999999", reason="staff", source="test", actor=SYSTEM)
    look()
    suppress(store_id=None, phone="+306949999998", reason="staff", source="test", actor=SYSTEM)
    look()

    assert len(set(seen)) == 7


def test_the_version_sees_a_change_that_was_stamped_before_the_newest(store: Store) -> None:
    late, newest = ContactFactory.create_batch(2, store=store)
    before = audience.version(store_id=store.pk, audience=EVERYBODY)

    stamp = newest.updated_at - timedelta(seconds=5)
    Contact.objects.filter(pk=late.pk).update(first_name="Late", updated_at=stamp)

    assert audience.version(store_id=store.pk, audience=EVERYBODY) != before


def test_the_version_is_still_while_nothing_or_only_a_stranger_changes(store: Store, other_store: Store) -> None:
    ContactFactory.create(store=store)
    before = audience.version(store_id=store.pk, audience=EVERYBODY)

    ContactFactory.create(store=other_store)
    Suppression.objects.create(store=other_store, phone_hash=b"0" * 16, reason="staff", source="test")

    assert audience.version(store_id=store.pk, audience=EVERYBODY) == before


def _plan(rows: Any) -> str:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE audiences_contact, audiences_listmembership, audiences_suppression")
        cursor.execute("SET LOCAL enable_seqscan = off")
    return rows.explain()


def test_each_chunk_is_read_by_index(store: Store) -> None:
    strangers = ContactFactory.build_batch(2000, store=StoreFactory.create())
    Contact.objects.bulk_create(strangers[:1000])
    people = ContactFactory.create_batch(50, store=store)
    named = ContactListFactory.create(store=store, contacts=people)
    Contact.objects.bulk_create(strangers[1000:])
    window = {"after": people[0].pk, "bound": strangers[-1].pk}

    everybody = _plan(audience.people(store_id=store.pk, audience=EVERYBODY, kind="marketing", **window)[:20])
    listed = _plan(audience.people(store_id=store.pk, audience=on(named), kind="marketing", **window)[:20])

    assert "Seq Scan" not in everybody + listed
    assert "contact_store" in everybody


def test_people_is_one_statement(store: Store) -> None:
    named, away = ContactListFactory.create_batch(2, store=store, contacts=ContactFactory.create_batch(2, store=store))

    with CaptureQueriesContext(connection) as queries:
        list(audience.people(store_id=store.pk, audience=on(named, away), kind="marketing"))

    assert len(queries) == 1
