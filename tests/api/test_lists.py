"""Lists over HTTP."""

import pytest
from rest_framework.test import APIClient

from audiences.models import ContactList, ListMembership, Store
from tests.api.clients import V1, code, pointers
from tests.factories import ContactFactory, ContactListFactory, api_id

LISTS = f"{V1}/lists"


def test_a_list_is_made_read_renamed_and_deleted(api: APIClient) -> None:
    made = api.post(LISTS, {"name": "VIP", "description": "The regulars"})
    address = f"{LISTS}/{made.json()['id']}"

    assert made.status_code == 201
    assert api.get(address).json() == made.json()
    assert api.patch(address, {"name": "Regulars"}).json()["description"] == "The regulars"
    assert api.delete(address).status_code == 204
    assert code(api.get(address)) == (404, "NOT_FOUND")


def test_a_name_is_taken_once_per_store(api: APIClient, stranger: APIClient) -> None:
    api.post(LISTS, {"name": "VIP"})

    assert code(api.post(LISTS, {"name": "VIP"})) == (409, "CONFLICT")
    assert stranger.post(LISTS, {"name": "VIP"}).status_code == 201


def test_members_come_and_go_and_are_counted_once(api: APIClient, store: Store) -> None:
    anna, maria = ContactFactory.create_batch(2, store=store)
    vip = ContactListFactory.create(store=store, contacts=[anna])
    body = {"add": [api_id(anna), api_id(maria), api_id(maria)], "remove": []}

    answer = api.post(f"{LISTS}/{api_id(vip)}/members", body)

    assert answer.json() == {"added": 1, "removed": 0}
    assert api.post(f"{LISTS}/{api_id(vip)}/members", {"remove": [api_id(anna)]}).json() == {"added": 0, "removed": 1}
    assert list(ListMembership.objects.values_list("contact_id", flat=True)) == [maria.pk]


@pytest.mark.parametrize("which", ["stranger", "nonsense"])
def test_an_unknown_contact_refuses_the_whole_call(
    api: APIClient, store: Store, other_store: Store, which: str
) -> None:
    vip = ContactListFactory.create(store=store)
    bad = api_id(ContactFactory.create(store=other_store)) if which == "stranger" else "con_nonsense"

    answer = api.post(f"{LISTS}/{api_id(vip)}/members", {"add": [api_id(ContactFactory.create(store=store)), bad]})

    assert code(answer) == (400, "VALIDATION_ERROR")
    expected = {"stranger": [("#/add", "unknown_contact")], "nonsense": [("#/add/1", "unknown_id")]}
    assert pointers(answer) == expected[which]
    assert not ListMembership.objects.exists()


def test_a_reader_changes_nothing(reader: APIClient, store: Store) -> None:
    address = f"{LISTS}/{api_id(ContactListFactory.create(store=store, name='VIP'))}"

    answers = [
        reader.post(LISTS, {"name": "New"}),
        reader.patch(address, {"name": "New"}),
        reader.delete(address),
        reader.post(f"{address}/members", {}),
    ]

    assert [code(answer) for answer in answers] == [(403, "FORBIDDEN")] * 4
    assert ContactList.objects.get().name == "VIP"
