"""What bodies have in common: opaque ids, actors, bounded JSON, times in UTC."""

from typing import Any

import pytest
from rest_framework import serializers
from rest_framework.test import APIClient

from audiences.models import Contact, Store
from config.opaque import public_id
from config.wire import ActorField, Body, JsonObject, PublicId
from tests.api.clients import V1, code, pointers
from tests.factories import CampaignFactory, ContactFactory


class Box(Body):
    """A body with one of everything."""

    list = PublicId(kind="lst")
    facts = JsonObject(required=False)
    size = serializers.IntegerField(read_only=True)


def errors(data: Any, row: Any = None) -> dict[str, Any]:
    """What Box has against some data: field -> code."""
    box = Box(row, data=data)
    box.is_valid()
    return {name: [part.code for part in parts] for name, parts in box.errors.items()}


def test_an_id_becomes_its_number() -> None:
    box = Box(data={"list": public_id(7, kind="lst")})

    assert box.is_valid()
    assert box.validated_data == {"list": 7}


@pytest.mark.parametrize(
    "made_up", ["7", "lst_", "lst_" + "a" * 26, public_id(7, kind="con"), public_id(7, kind="lst").upper()]
)
def test_a_made_up_id_is_unknown(made_up: str) -> None:
    assert errors({"list": made_up}) == {"list": ["unknown_id"]}


@pytest.mark.parametrize(("value", "expected"), [(None, "null"), ("", "blank"), (True, "invalid"), ([], "invalid")])
def test_what_is_no_text_is_no_id(value: Any, expected: str) -> None:
    assert errors({"list": value}) == {"list": [expected]}


@pytest.mark.parametrize("value", [{"a": "\x00"}, {"\x00": 1}, {"a": ["\ud800"]}, {"a": {"b": "\udfff"}}])
def test_an_object_that_cannot_be_stored_is_refused(value: dict[str, Any]) -> None:
    assert errors({"list": public_id(1, kind="lst"), "facts": value}) == {"facts": ["unstorable"]}


def test_a_backslash_is_not_a_nul() -> None:
    box = Box(data={"list": public_id(1, kind="lst"), "facts": {"path": "C:\\new"}})

    assert box.is_valid()


def test_unknown_and_read_only_names_are_refused_together() -> None:
    data = {"list": public_id(1, kind="lst"), "siez": 1, "size": 2}

    assert errors(data) == {"siez": ["unknown_field"], "size": ["read_only"]}


def test_a_read_only_name_is_accepted_with_the_value_it_has() -> None:
    row = {"list": 1, "size": 2, "facts": {}}
    data = {"list": public_id(1, kind="lst"), "size": 2}

    assert errors(data, row) == {}
    assert errors(data | {"size": 3}, row) == {"size": ["read_only"]}


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("user:7", "user:" + public_id(7, kind="usr")),
        ("staff:7", "staff:" + public_id(7, kind="usr")),
        ("key:7", "key:" + public_id(7, kind="key")),
        ("command:grant_credits", "command:grant_credits"),
        ("system", "system"),
    ],
)
def test_an_actor_is_shown_without_its_number(stored: str, shown: str) -> None:
    assert ActorField().to_representation(stored) == shown


def test_times_are_utc_whatever_they_came_as(api: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store)
    address = f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}"

    shown = api.patch(address, {"send_at": "2099-07-01T12:00:00+03:00"}).json()

    assert shown["send_at"] == "2099-07-01T09:00:00Z"
    assert shown["created_at"].endswith("Z")


def test_no_answer_shows_a_primary_key(api: APIClient, store: Store) -> None:
    contact: Contact = ContactFactory.create(pk=7_654_321, store=store)

    answer = api.get(f"{V1}/contacts/{public_id(contact.pk, kind='con')}")

    assert answer.status_code == 200
    assert b"7654321" not in answer.content


def test_a_form_is_no_body(api: APIClient) -> None:
    answer = api.post(f"{V1}/lists", "name=VIP", content_type="application/x-www-form-urlencoded")

    assert code(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_several_mistakes_are_told_at_once(api: APIClient) -> None:
    answer = api.post(f"{V1}/campaigns", {"name": "", "message": 7, "kind": "spam", "audience": None})

    assert code(answer) == (400, "VALIDATION_ERROR")
    assert [pointer for pointer, _ in pointers(answer)] == ["#/kind", "#/audience", "#/name", "#/message"]


def test_a_number_is_no_text(api: APIClient) -> None:
    for number in (0, 1.5, True):
        answer = api.post(f"{V1}/lists", {"name": number})

        assert code(answer) == (400, "VALIDATION_ERROR")
        assert pointers(answer) == [("#/name", "invalid")]
