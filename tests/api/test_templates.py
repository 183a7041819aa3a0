"""The templates library over HTTP."""

import pytest
from rest_framework.test import APIClient

from audiences.models import Store
from campaigns.models import StoreTemplate
from tests.api.clients import V1, code, pointers


def test_a_template_is_written_read_changed_copied_and_deleted(api: APIClient) -> None:
    made = api.post(f"{V1}/templates", {"name": "Sale", "text": "Γεια {{first_name|σας}}", "language": "el"})

    shown = made.json()
    at = f"{V1}/templates/{shown['id']}"
    assert made.status_code == 201
    assert (shown["variables"], shown["encoding"], shown["parts"]) == (["first_name"], "UCS-2", 1)
    assert (shown["category"], shown["starter"]) == ("other", "")
    assert api.get(at).json() == shown
    changed = api.patch(at, shown | {"text": "x" * 161}).json()  # what was read may be sent back
    assert (changed["encoding"], changed["parts"], changed["variables"]) == ("GSM-7", 2, [])
    assert api.post(f"{at}/duplicate", {}).json()["name"] == "Sale (2)"
    assert [row["name"] for row in api.get(f"{V1}/templates").json()["results"]] == ["Sale (2)", "Sale"]
    assert api.get(f"{V1}/templates", {"language": "en"}).json()["results"] == []
    assert api.delete(at).status_code == 204
    assert code(api.get(at)) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("change", "error", "refusal"),
    [
        ({"text": "Hi {{size}}"}, (400, "VALIDATION_ERROR"), [("#/text", "unknown_placeholder")]),
        ({"text": ""}, (400, "VALIDATION_ERROR"), [("#/text", "blank")]),
        ({"name": ""}, (400, "VALIDATION_ERROR"), [("#/name", "blank")]),
        ({"language": "Greek!"}, (400, "VALIDATION_ERROR"), [("#/language", "invalid")]),
        ({"category": "junk"}, (400, "VALIDATION_ERROR"), [("#/category", "invalid_choice")]),
        ({"starter": "x"}, (400, "VALIDATION_ERROR"), [("#/starter", "read_only")]),
        ({"name": "Taken"}, (409, "CONFLICT"), []),
    ],
)
def test_a_bad_template_is_refused(
    api: APIClient, store: Store, change: dict[str, str], error: tuple[int, str], refusal: list[tuple[str, str]]
) -> None:
    StoreTemplate.objects.create(store=store, name="Taken", text="Hi", created_by="system")

    answer = api.post(f"{V1}/templates", {"name": "Sale", "text": "Hi"} | change)

    assert code(answer) == error
    assert pointers(answer) == refusal
    assert StoreTemplate.objects.count() == 1


def test_starters_by_language_and_trade(api: APIClient) -> None:
    shown = api.get(f"{V1}/templates/starters", {"language": "el", "trade": "salon"}).json()

    assert shown["next"] is None
    assert {(one["language"], one["trade"], one["encoding"]) for one in shown["results"]} == {("el", "salon", "UCS-2")}
    assert len(api.get(f"{V1}/templates/starters").json()["results"]) > len(shown["results"])
    assert pointers(api.get(f"{V1}/templates/starters", {"trade": "piracy"})) == [("#/trade", "invalid_choice")]


def test_a_starter_is_copied(api: APIClient) -> None:
    made = api.post(f"{V1}/templates/starters", {"starter": "retail.sale.en", "name": "My sale"})

    assert made.status_code == 201
    assert (made.json()["name"], made.json()["starter"]) == ("My sale", "retail.sale.en")
    unknown = api.post(f"{V1}/templates/starters", {"starter": "nope"})
    assert (code(unknown), pointers(unknown)) == ((400, "VALIDATION_ERROR"), [("#/starter", "unknown_starter")])
