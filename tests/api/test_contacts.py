"""Contacts over HTTP."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from audiences.models import ConsentEvent, Contact, Store, Suppression
from tests.api.clients import V1, code, pointers
from tests.factories import ContactFactory, api_id

CONTACTS = f"{V1}/contacts"
ELENI = {"phone": "690 1234567", "first_name": "Eleni", "birthday": "1990-02-28", "gender": "female"}


def test_a_contact_is_made_with_a_clean_phone(api: APIClient, store: Store) -> None:
    answer = api.post(CONTACTS, ELENI)

    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["phone"], shown["country"], shown["consent"]) == ("+306901234567", "GR", "unknown")
    assert shown["id"] == api_id(Contact.objects.get(store=store))
    assert api.get(f"{CONTACTS}/{shown['id']}").json() == shown


def test_consent_can_be_stated_with_its_source(api: APIClient) -> None:
    stated = {"consent": "opted_in", "consent_source": "checkout", "consent_evidence": {"form": 7}}

    shown = api.post(CONTACTS, ELENI | stated).json()

    assert (shown["consent"], shown["consent_source"]) == ("opted_in", "checkout")
    assert ConsentEvent.objects.get().evidence == {"form": 7}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"phone": "12"}, ("#/phone", "too_short")),
        ({"phone": "2101234567"}, ("#/phone", "not_mobile")),
        ({"phone": ""}, ("#/phone", "blank")),
        ({"phone": None}, ("#/phone", "null")),
        ({"birthday": "2999-01-01"}, ("#/birthday", "bad_birthday")),
        ({"birthday": "28/2/1990"}, ("#/birthday", "invalid")),
        ({"email": "eleni"}, ("#/email", "invalid")),
        ({"gender": "x"}, ("#/gender", "invalid_choice")),
        ({"language": "klingon!"}, ("#/language", "bad_language")),
        ({"time_zone": "Mars/Base"}, ("#/time_zone", "bad_time_zone")),
        ({"first_name": "a\x00"}, ("#/first_name", "null_characters_not_allowed")),
        ({"first_name": "\ud800"}, ("#/first_name", "surrogate_characters_not_allowed")),
        ({"fields": {"size": 1}}, ("#/fields/size", "unknown_field")),
        ({"fields": {"size": "\x00"}}, ("#/fields", "unstorable")),
        ({"fields": {"size": "\ud800"}}, ("#/fields", "unstorable")),
        ({"fields": []}, ("#/fields", "not_a_dict")),
        ({"consent": "opted_in"}, ("#/consent_source", "required")),
        ({"id": "con_" + "a" * 26}, ("#/id", "read_only")),
        ({"colour": "red"}, ("#/colour", "unknown_field")),
        ({"\ud800": 1}, ("#/?", "unknown_field")),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_made(
    api: APIClient, change: dict[str, Any], error: tuple[str, str]
) -> None:
    answer = api.post(CONTACTS, json.dumps(ELENI | change), content_type="application/json")

    assert code(answer) == (400, "VALIDATION_ERROR")
    assert pointers(answer) == [error]
    assert not Contact.objects.exists()


def test_a_second_contact_with_the_phone_is_a_conflict(api: APIClient) -> None:
    api.post(CONTACTS, ELENI)

    assert code(api.post(CONTACTS, ELENI | {"phone": "+30 690 123 4567"})) == (409, "CONFLICT")
    assert Contact.objects.count() == 1


def test_two_stores_may_know_the_same_phone(api: APIClient, stranger: APIClient) -> None:
    api.post(CONTACTS, ELENI)

    assert stranger.post(CONTACTS, ELENI).status_code == 201


def test_a_change_leaves_the_rest(api: APIClient, store: Store) -> None:
    contact = ContactFactory.create(store=store, first_name="Eleni", last_name="K")

    answer = api.patch(f"{CONTACTS}/{api_id(contact)}", {"last_name": "Papadopoulou"})

    assert answer.status_code == 200
    assert (answer.json()["first_name"], answer.json()["last_name"]) == ("Eleni", "Papadopoulou")


def test_consent_is_not_changed_in_passing(api: APIClient, store: Store) -> None:
    contact = ContactFactory.create(store=store, consent="opted_out")

    answer = api.patch(f"{CONTACTS}/{api_id(contact)}", {"consent": "opted_in", "last_name": "K"})

    assert pointers(answer) == [("#/consent", "read_only")]
    contact.refresh_from_db()
    assert (contact.consent, contact.last_name) == ("opted_out", "")


def test_a_deleted_contact_is_gone(api: APIClient, store: Store) -> None:
    address = f"{CONTACTS}/{api_id(ContactFactory.create(store=store))}"

    assert api.delete(address).status_code == 204

    assert code(api.get(address)) == (404, "NOT_FOUND")
    assert code(api.delete(address)) == (404, "NOT_FOUND")
    assert api.get(CONTACTS).json()["results"] == []


def test_opting_out_and_in_again(api: APIClient, store: Store) -> None:
    address = f"{CONTACTS}/{api_id(ContactFactory.create(store=store))}"

    out = api.post(f"{address}/opt-out", {"source": "phone call"})
    assert (out.json()["consent"], out.json()["consent_source"]) == ("opted_out", "phone call")
    assert Suppression.objects.filter(store=store, reason="opt_out").count() == 1

    back = api.post(f"{address}/opt-in", {"evidence": {"form": 7}})
    assert (back.json()["consent"], back.json()["consent_source"]) == ("opted_in", "api")
    assert list(ConsentEvent.objects.order_by("pk").values_list("after", flat=True)) == ["opted_out", "opted_in"]


def test_contacts_are_narrowed_by_consent(api: APIClient, store: Store) -> None:
    ContactFactory.create(store=store)
    out = ContactFactory.create(store=store, consent="opted_out")

    shown = api.get(f"{CONTACTS}?consent=opted_out").json()["results"]

    assert [contact["id"] for contact in shown] == [api_id(out)]
    assert code(api.get(f"{CONTACTS}?consent=maybe")) == (400, "VALIDATION_ERROR")


def test_a_phone_is_no_filter(api: APIClient, store: Store) -> None:
    ContactFactory.create(store=store)

    assert len(api.get(f"{CONTACTS}?phone=%2B306999999999").json()["results"]) == 1


def test_pages_hold_every_contact_once_newest_first(api: APIClient, store: Store, other_store: Store) -> None:
    contacts = ContactFactory.create_batch(5, store=store)
    ContactFactory.create(store=other_store)
    seen: list[str] = []
    address: str | None = f"{CONTACTS}?limit=2"

    while address:
        page = api.get(address).json()
        seen += [contact["id"] for contact in page["results"]]
        address = page["next"]

    assert seen == [api_id(contact) for contact in reversed(contacts)]


def test_a_page_costs_the_same_number_of_queries(
    api: APIClient, store: Store, django_assert_max_num_queries: Any
) -> None:
    ContactFactory.create_batch(20, store=store)
    api.get(CONTACTS)

    with django_assert_max_num_queries(2):
        api.get(CONTACTS)


def test_a_reader_changes_nothing(reader: APIClient, store: Store) -> None:
    contact = ContactFactory.create(store=store)
    address = f"{CONTACTS}/{api_id(contact)}"

    answers = [
        reader.post(CONTACTS, ELENI),
        reader.patch(address, {"last_name": "K"}),
        reader.delete(address),
        reader.post(f"{address}/opt-out", {}),
    ]

    assert [code(answer) for answer in answers] == [(403, "FORBIDDEN")] * 4
    assert Contact.objects.get().consent == "opted_in"
