"""Every error under /api/ is a problem document with a code and the request's id."""

from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from audiences.models import ContactList, Store
from config.problems import pointers as flatten
from tests.api.clients import V1, as_role, code, pointers


@pytest.fixture
def lost_database(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """From now on the database's socket is not there."""
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "HOST", "/nowhere")
        yield
    connection.close()


def test_an_unknown_address_is_a_problem(nobody: APIClient) -> None:
    assert code(nobody.get(f"{V1}/nonsense")) == (404, "NOT_FOUND")


def test_an_unknown_address_elsewhere_is_a_page(nobody: APIClient) -> None:
    answer = nobody.get("/nonsense")

    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


def test_a_method_that_is_not_there_is_a_problem(api: APIClient) -> None:
    assert code(api.put(f"{V1}/store", {})) == (405, "METHOD_NOT_ALLOWED")


def test_a_format_that_is_not_there_is_a_problem(api: APIClient) -> None:
    assert code(api.get(f"{V1}/store", HTTP_ACCEPT="application/xml")) == (406, "NOT_ACCEPTABLE")


def test_another_media_type_is_a_problem(api: APIClient) -> None:
    answer = api.post(f"{V1}/lists", "<name/>", content_type="application/xml")

    assert code(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("body", ["{", "[]", '"text"', "{'name': 1}", '{"name": NaN}', "[" * 100_000, "\xff", ""])
def test_a_body_that_is_no_object_is_a_problem(api: APIClient, body: str) -> None:
    answer = api.post(f"{V1}/lists", body, content_type="application/json")

    assert code(answer) == (400, "VALIDATION_ERROR")


def test_a_body_that_is_too_large_is_refused_unread(api: APIClient, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    answer = api.post(f"{V1}/lists", {"name": "n" * 101})

    assert code(answer) == (413, "TOO_LARGE")


def test_each_wrong_field_has_its_pointer(api: APIClient) -> None:
    answer = api.post(f"{V1}/lists", {"name": "", "description": "d" * 401, "colour": "red"})

    assert code(answer) == (400, "VALIDATION_ERROR")
    assert pointers(answer) == [("#/colour", "unknown_field")]
    answer = api.post(f"{V1}/lists", {"name": "", "description": "d" * 401})
    assert pointers(answer) == [("#/name", "blank"), ("#/description", "max_length")]
    assert not ContactList.objects.exists()


def test_a_pointer_leads_into_a_list_of_objects() -> None:
    errors = flatten({"rows": {0: {"a/b": ["x"]}, 2: {"c~d": ["y"]}}, "non_field_errors": ["z"]})

    assert [error["pointer"] for error in errors] == ["#/rows/0/a~1b", "#/rows/2/c~0d", "#"]


def test_what_was_read_may_be_sent_back(api: APIClient) -> None:
    made = api.post(f"{V1}/lists", {"name": "VIP"}).json()

    answer = api.patch(f"{V1}/lists/{made['id']}", made | {"name": "Regulars"})

    assert answer.status_code == 200
    assert answer.json()["name"] == "Regulars"


def test_a_read_only_field_cannot_be_set(api: APIClient) -> None:
    made = api.post(f"{V1}/lists", {"name": "VIP"}).json()

    answer = api.patch(f"{V1}/lists/{made['id']}", {"created_at": "2020-01-01T00:00:00Z"})

    assert pointers(answer) == [("#/created_at", "read_only")]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "limit=٣", "cursor=x", "cursor=cur_" + "a" * 26])
def test_a_page_that_cannot_be_is_a_problem(api: APIClient, query: str) -> None:
    assert code(api.get(f"{V1}/lists?{query}")) == (400, "VALIDATION_ERROR")


def test_the_request_id_of_a_client_is_not_taken(api: APIClient) -> None:
    answer = api.get(f"{V1}/store", HTTP_X_REQUEST_ID="forged")

    assert len(answer["X-Request-ID"]) == 36


@pytest.mark.usefixtures("transactional_db")
def test_a_lost_database_is_503_and_never_500(api: APIClient, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("lost_database")

    answer = api.get(f"{V1}/store")

    assert code(answer) == (503, "QUEUE_UNAVAILABLE")
    assert answer["Retry-After"] == "2"


@pytest.mark.usefixtures("transactional_db")
def test_a_lost_database_is_503_for_a_session_too(store: Store, request: pytest.FixtureRequest) -> None:
    client = as_role(store, "owner")
    request.getfixturevalue("lost_database")

    assert code(client.get(f"{V1}/store")) == (503, "QUEUE_UNAVAILABLE")


def test_a_crash_is_a_problem_that_tells_nothing(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiences.api.store.StoreView.retrieve", lambda *_: 1 / 0)

    answer = api.get(f"{V1}/store")

    assert code(answer) == (500, "INTERNAL_ERROR")
    assert b"ZeroDivision" not in answer.content
