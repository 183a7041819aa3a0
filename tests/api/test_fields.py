"""`?fields=`: only what was asked for, on every list and every single row."""

from typing import Any

import pytest
import yaml
from rest_framework.test import APIClient

from audiences.models import Store
from config.reference import SCHEMA
from tests.api.clients import V1, code, pointers
from tests.api.rows import row_of
from tests.factories import ContactFactory

DOCUMENT: dict[str, Any] = yaml.safe_load(SCHEMA.read_text())


def narrowed() -> list[Any]:
    """Every operation that says it knows `fields`, with the names it knows."""
    found = []
    for path, methods in DOCUMENT["paths"].items():
        schemas = {each["name"]: each["schema"] for each in methods.get("get", {}).get("parameters", [])}
        if "fields" in schemas:
            kind = schemas.get("id", {}).get("pattern", "").lstrip("^(")[:3]
            found.append(pytest.param(path, kind, schemas["fields"]["items"]["enum"], id=path))
    return found


@pytest.mark.parametrize(("path", "kind", "names"), narrowed())
def test_an_answer_has_the_members_that_were_asked_for(
    api: APIClient, store: Store, path: str, kind: str, names: list[str]
) -> None:
    address = path.replace("{id}", row_of(store, kind)) if kind else path
    wanted = names[-2:]

    answer = api.get(address, {"fields": ",".join(wanted)})

    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert all(set(row) == set(wanted) for row in body.get("results", [body]))


@pytest.mark.parametrize(("path", "kind", "names"), narrowed())
def test_an_unknown_member_is_refused_also_on_an_empty_list(
    api: APIClient, store: Store, path: str, kind: str, names: list[str]
) -> None:
    address = path.replace("{id}", row_of(store, kind)) if kind else path

    answer = api.get(address, {"fields": f"{names[0]},phone_hash"})

    assert code(answer) == (400, "VALIDATION_ERROR")
    assert pointers(answer) == [("#/fields", "unknown_field")]


@pytest.mark.parametrize("text", ["", "id,", "id, phone", "ID", "store__name"])
def test_names_are_written_exactly(api: APIClient, text: str) -> None:
    assert code(api.get(f"{V1}/contacts", {"fields": text})) == (400, "VALIDATION_ERROR")


def test_the_next_page_is_as_narrow(api: APIClient, store: Store) -> None:
    ContactFactory.create_batch(2, store=store)

    first = api.get(f"{V1}/contacts", {"fields": "id,phone", "limit": "1"}).json()
    second = api.get(first["next"]).json()

    assert [set(row) for row in first["results"] + second["results"]] == [{"id", "phone"}] * 2


def test_writing_answers_in_full(api: APIClient) -> None:
    made = api.post(f"{V1}/lists?fields=id", {"name": "VIP"})

    assert set(made.json()) == {"id", "name", "description", "created_at", "updated_at"}
