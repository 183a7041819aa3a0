"""Finding contacts by what people type, and narrowing them to a list."""

import pytest
from rest_framework.test import APIClient

from audiences.models import Store
from audiences.search import Found
from tests.api.clients import V1, code
from tests.factories import ContactFactory, ContactListFactory, api_id


def found(api: APIClient, text: str) -> list[str]:
    return [row["first_name"] for row in api.post(f"{V1}/contacts/lookup", {"text": text}).json()["results"]]


@pytest.fixture(autouse=True)
def people(store: Store, other_store: Store) -> None:
    ContactFactory.create(store=store, first_name="Maria", last_name="Kara", phone="+306971000001")
    ContactFactory.create(store=store, first_name="Nikos", last_name="Marinos", email="niko@example.org")
    ContactFactory.create(store=other_store, first_name="Marina", phone="+306971000002")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("mar", ["Nikos", "Maria"]),
        ("MARIA kar", ["Maria"]),
        ("niko@", ["Nikos"]),
        ("697 100 0001", ["Maria"]),
        ("+306971000002", []),
        ("aria", []),
        ("%", []),
    ],
)
def test_finds_by_beginnings_and_by_phone(api: APIClient, text: str, names: list[str]) -> None:
    assert found(api, text) == names


def test_nothing_to_look_for_is_refused(api: APIClient) -> None:
    assert code(api.post(f"{V1}/contacts/lookup", {"text": " "})) == (400, "VALIDATION_ERROR")


def test_a_page_looks_at_some_and_says_where_to_go_on(
    api: APIClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Found, "look", 1)
    first = api.post(f"{V1}/contacts/lookup", {"text": "Maria"}).json()

    second = api.post(first["next"], {"text": "Maria"}).json()

    assert (first["results"], [row["first_name"] for row in second["results"]]) == ([], ["Maria"])
    assert second["next"] is None


def test_a_list_narrows(api: APIClient, store: Store, other_store: Store) -> None:
    member = ContactFactory.create(store=store, first_name="Listed")
    mine = ContactListFactory.create(store=store, contacts=[member])
    theirs = ContactListFactory.create(store=other_store, contacts=[ContactFactory.create(store=other_store)])

    answers = [api.get(f"{V1}/contacts", {"list": api_id(one)}).json()["results"] for one in (mine, theirs)]

    assert [[row["first_name"] for row in rows] for rows in answers] == [["Listed"], []]
    assert code(api.get(f"{V1}/contacts", {"list": "nonsense"})) == (400, "VALIDATION_ERROR")
