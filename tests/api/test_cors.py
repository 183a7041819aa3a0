"""Scripts of other origins may call the API when they are on the list, with a key and without the console's cookie."""

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from audiences.models import Store
from audiences.services.keys import issue_key
from config.audit import SYSTEM
from tests.api.clients import V1, as_role, code

SHOP = "https://shop.example"


@pytest.fixture(autouse=True)
def allowed(settings: Settings) -> None:
    """One origin."""
    settings.CORS_ALLOWED_ORIGINS = [SHOP]


def test_an_allowed_origin_may_ask_before_it_calls(nobody: APIClient) -> None:
    asked = {
        "Origin": SHOP,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, idempotency-key",
    }

    answer = nobody.options(f"{V1}/campaigns", headers=asked)

    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == SHOP
    assert {"authorization", "idempotency-key"} <= set(answer["Access-Control-Allow-Headers"].split(", "))
    assert "Access-Control-Allow-Credentials" not in answer


def test_it_may_read_the_headers_that_it_needs(api: APIClient) -> None:
    answer = api.get(f"{V1}/store", headers={"Origin": SHOP})

    shown = set(answer["Access-Control-Expose-Headers"].split(", "))
    assert answer["Access-Control-Allow-Origin"] == SHOP
    assert {"ETag", "RateLimit", "RateLimit-Policy", "Retry-After", "Idempotency-Replayed"} <= shown


def test_it_can_read_a_refusal(nobody: APIClient) -> None:
    answer = nobody.get(f"{V1}/store", headers={"Origin": SHOP})

    assert code(answer) == (401, "UNAUTHENTICATED")
    assert answer["Access-Control-Allow-Origin"] == SHOP


@pytest.mark.parametrize(
    "origin", ["https://other.example", "http://shop.example", "null", "https://shop.example.evil"]
)
def test_others_get_no_permission(api: APIClient, origin: str) -> None:
    answer = api.get(f"{V1}/store", headers={"Origin": origin})

    assert "Access-Control-Allow-Origin" not in answer


def test_only_the_api_is_open(nobody: APIClient) -> None:
    assert "Access-Control-Allow-Origin" not in nobody.get("/healthz", headers={"Origin": SHOP})


def test_a_session_without_its_token_does_nothing_from_elsewhere(store: Store) -> None:
    owner = as_role(store, "owner")
    owner.handler.enforce_csrf_checks = True

    answer = owner.post(f"{V1}/lists", {"name": "VIP"}, headers={"Origin": SHOP})

    assert code(answer) == (403, "FORBIDDEN")


@pytest.mark.parametrize("name", ["key", "api_key", "token", "access_token", "authorization"])
def test_a_key_in_an_address_opens_nothing(store: Store, nobody: APIClient, name: str) -> None:
    issued = issue_key(store=store, name="test", scopes=("read",), actor=SYSTEM)

    assert code(nobody.get(f"{V1}/store", {name: issued.plain})) == (401, "UNAUTHENTICATED")
