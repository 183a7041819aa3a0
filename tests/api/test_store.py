"""The store and its keys over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from audiences.models import ApiKey, Store
from tests.api.clients import V1, as_role, code, pointers, with_key
from tests.factories import api_id

KEYS = f"{V1}/api-keys"


def test_the_store_is_changed_by_its_owner(api: APIClient, store: Store) -> None:
    change = {"sender": "Kafeneio", "quiet_from": "21:00", "quiet_until": "09:00", "custom_fields": {"size": "number"}}

    answer = api.patch(f"{V1}/store", change)

    assert answer.status_code == 200
    store.refresh_from_db()
    assert (store.sender, str(store.quiet_from), store.custom_fields) == ("Kafeneio", "21:00:00", {"size": "number"})


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"sender": "No"}, ("#/sender", "invalid")),
        ({"time_zone": "Mars/Base"}, ("#/time_zone", "bad_time_zone")),
        ({"country": "ZZ"}, ("#/country", "bad_country")),
        ({"quiet_from": "21:00"}, ("#/quiet_until", "required")),
        ({"cap_per_day": 0}, ("#/cap_per_day", "min_value")),
        ({"cap_per_day": 2**40}, ("#/cap_per_day", "max_value")),
        ({"opt_out_text": "x" * 61}, ("#/opt_out_text", "max_length")),
        ({"opt_out_text": "two\nlines"}, ("#/opt_out_text", "one_line")),
        ({"opt_out_text": "STOP {{first_name}}"}, ("#/opt_out_text", "placeholder")),
        ({"custom_fields": {"size": "colour"}}, ("#/custom_fields/size", "invalid_choice")),
        ({"slug": "mine"}, ("#/slug", "read_only")),
        ({"status": "suspended"}, ("#/status", "read_only")),
        ({"sending_stopped": True}, ("#/sending_stopped", "read_only")),
        ({"balance": 1_000_000}, ("#/balance", "unknown_field")),
    ],
)
def test_a_bad_field_is_named_and_nothing_changes(
    api: APIClient, store: Store, change: dict[str, Any], error: tuple[str, str]
) -> None:
    answer = api.patch(f"{V1}/store", {"name": "New", **change})

    assert pointers(answer) == [error]
    store.refresh_from_db()
    assert store.name != "New"


def test_a_new_key_is_shown_once_and_works(api: APIClient, nobody: APIClient) -> None:
    answer = api.post(KEYS, {"name": "Shop front", "scopes": ["read"]})
    made = answer.json()
    nobody.credentials(HTTP_AUTHORIZATION=f"Bearer {made['key']}")

    assert answer.status_code == 201
    assert made["key"].startswith(f"hg_live_{made['prefix']}_")
    assert nobody.get(f"{V1}/store").status_code == 200
    assert made["key"] not in api.get(KEYS).content.decode()
    assert "key" not in api.get(f"{KEYS}/{made['id']}").json()


def test_a_revoked_key_stops_at_once_and_stays_listed(api: APIClient, store: Store) -> None:
    other = with_key(store, "read")
    row = ApiKey.objects.latest("pk")

    assert api.delete(f"{KEYS}/{api_id(row)}").status_code == 204

    assert code(other.get(f"{V1}/store")) == (401, "UNAUTHENTICATED")
    assert api.get(f"{KEYS}/{api_id(row)}").json()["revoked_at"] is not None


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"scopes": []}, ("#/scopes", "empty")),
        ({"scopes": ["root"]}, ("#/scopes", "invalid_choice")),
        ({"name": ""}, ("#/name", "blank")),
        ({"prefix": "abc"}, ("#/prefix", "read_only")),
    ],
)
def test_a_bad_key_is_not_made(api: APIClient, change: dict[str, Any], error: tuple[str, str]) -> None:
    answer = api.post(KEYS, {"name": "Shop front", "scopes": ["read"], **change})

    assert pointers(answer) == [error]
    assert ApiKey.objects.count() == 1


def test_a_key_that_has_expired_already_is_not_made(api: APIClient) -> None:
    body = {"name": "Old", "scopes": ["read"], "expires_at": (timezone.now() - timedelta(hours=1)).isoformat()}

    assert pointers(api.post(KEYS, body)) == [("#/expires_at", "past")]


def test_only_an_owner_sees_keys(store: Store) -> None:
    manager = as_role(store, "manager")

    assert code(manager.get(KEYS)) == (403, "FORBIDDEN")
    assert code(manager.post(KEYS, {"name": "Mine", "scopes": ["admin"]})) == (403, "FORBIDDEN")
    assert as_role(store, "owner").get(KEYS).status_code == 200
