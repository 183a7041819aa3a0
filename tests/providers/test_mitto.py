import hashlib
import hmac
from typing import Any

import orjson
import pytest

from providers.interface import (
    Accepted,
    AccountConfig,
    BadConfig,
    Capabilities,
    ErrorClass,
    Provider,
    Refused,
    Unsure,
)
from providers.registry import build
from tests.providers.contract import ITEMS
from tests.providers.contract_calls import OneCallContract
from tests.providers.contract_evidence import ProviderContract
from tests.providers.scripted import Act, ScriptedServer, answer

SECRETS = {
    "api_key": "key-9f2c41d7",
    "traffic_account_id": "4ae5c0de-0000-4000-8000-000000000001",
    "webhook_secret": "new-secret",
    "webhook_secret_old": "old-secret",
}
TOKEN = {"x-webhook-token": "new-secret"}


def mitto(base_url: str = "http://h.example", **options: Any) -> Provider:
    return build("mitto", AccountConfig(base_url, SECRETS, options))


class TestMitto(ProviderContract, OneCallContract):
    secrets = SECRETS
    key = "api_key"
    good = 200
    refused = Refused("invalid_number", "InvalidDestination", retryable=False)
    words = ("Sent", "Delivered", "Failure")

    def build(self, base_url: str, **options: Any) -> Provider:
        return mitto(base_url, **options)

    def message_id(self, place: int) -> str:
        return f"id-{place}"

    def accepts(self, *places: int) -> list[Act]:
        messages = [{"trafficAccountId": "4ae5", "messageId": self.message_id(place)} for place in places]
        return [answer(200, {"bulkId": "b-77", "messages": messages})]

    def refuses_one(self) -> list[Act]:
        return [answer(200, refusing_one("InvalidDestination"))]

    def error(self, message: str) -> bytes:
        return orjson.dumps({"message": message})

    def found(self, word: str) -> bytes:
        return orjson.dumps({"messageId": "id-0", "deliveryStatus": word, "messageParts": 1, "reference": None})

    def webhook(self, word: str) -> bytes:
        return orjson.dumps({"messageId": "id-0", "deliveryStatus": word, "updatedAt": "2026-01-02T03:04:05Z"})

    def signed(self, body: bytes) -> dict[str, str]:
        return {"X-Webhook-Signature": hmac.new(b"new-secret", body, hashlib.sha256).hexdigest()}


def refusing_one(code: str) -> dict[str, Any]:
    refused = {"trafficAccountId": "4ae5", "error": {"code": code, "message": "refused"}}
    return {"bulkId": "b-77", "messages": [{"messageId": "id-0"}, refused, {"messageId": "id-2"}]}


@pytest.mark.parametrize(
    ("code", "error_class", "retryable"),
    [
        ("Blocked", "blocked_by_carrier", False),
        ("No route", "unreachable", False),
        ("invalid_sender", "provider_rejected", False),
        ("Throttled", "provider_error", True),
    ],
)
def test_item_errors_have_our_classes(
    server: ScriptedServer, code: str, error_class: ErrorClass, retryable: bool
) -> None:
    server.will(answer(200, refusing_one(code)))
    provider = mitto(server.url)

    result = provider.submit(provider.connect(2), ITEMS, deadline_seconds=1)

    assert result.outcomes[1] == Refused(error_class, code, retryable)


def test_an_error_that_is_not_listed_is_not_guessed(server: ScriptedServer) -> None:
    server.will(answer(200, refusing_one("Strange thing 77")))
    provider = mitto(server.url)

    result = provider.submit(provider.connect(2), ITEMS, deadline_seconds=1)

    assert [type(outcome) for outcome in result.outcomes] == [Accepted, Unsure, Accepted]


def test_speaks_the_bulk_wire_format(server: ScriptedServer) -> None:
    server.will(answer(200, {"messages": [{"messageId": "id-0"}]}))
    provider = mitto(server.url)

    provider.submit(provider.connect(2), ITEMS[:1], deadline_seconds=1)

    head, body = server.requests[0]
    assert head.startswith(b"POST /api/v1.1/Messages/sendmessagesbulk HTTP/1.1\r\n")
    assert b"X-Mitto-API-Key: key-9f2c41d7" in head
    assert orjson.loads(body) == {
        "messages": [
            {
                "trafficAccountId": "4ae5c0de-0000-4000-8000-000000000001",
                "destination": "+306900000100",
                "sms": {"text": "Hello 0", "sender": "SHOP"},
            }
        ]
    }


@pytest.mark.parametrize("option", ["echoes_reference", "sends_reference"])
def test_sends_our_reference_when_the_account_takes_it(server: ScriptedServer, option: str) -> None:
    server.will(answer(200, {"messages": [{"messageId": "id-0"}]}))
    provider = mitto(server.url, **{option: True})

    provider.submit(provider.connect(2), ITEMS[:1], deadline_seconds=1)

    assert orjson.loads(server.requests[0][1])["messages"][0]["reference"] == "ref-0"


def test_says_what_the_account_can_do() -> None:
    assert mitto().capabilities == Capabilities(1000, False, False, True, False, True)
    assert mitto(echoes_reference=True, max_batch=100).capabilities == Capabilities(100, True, True, True, False, True)


def test_an_echoed_reference_in_another_order_settles_nothing(server: ScriptedServer) -> None:
    entries = [{"messageId": "a", "reference": "ref-1"}, {"messageId": "b", "reference": "ref-0"}]
    server.will(answer(200, {"messages": entries}))
    provider = mitto(server.url)

    result = provider.submit(provider.connect(2), ITEMS[:2], deadline_seconds=1)

    assert [type(outcome) for outcome in result.outcomes] == [Unsure, Unsure]


@pytest.mark.parametrize(
    "entry", [{"id": "id-0"}, {"MessageId": "id-0"}, {"messageId": "id-0", "error": None, "errorCode": 0}]
)
def test_takes_an_id_by_any_of_its_names(server: ScriptedServer, entry: dict[str, Any]) -> None:
    server.will(answer(200, {"messages": [entry]}))
    provider = mitto(server.url)

    assert provider.submit(provider.connect(2), ITEMS[:1], deadline_seconds=1).outcomes == [Accepted("id-0")]


@pytest.mark.parametrize("entry", [{}, {"messageId": ""}, {"messageId": "id-0", "error": "Blocked"}, {"error": "1"}])
def test_an_entry_that_says_neither_yes_nor_no_is_unsure(server: ScriptedServer, entry: dict[str, Any]) -> None:
    server.will(answer(200, {"messages": [entry]}))
    provider = mitto(server.url)

    (outcome,) = provider.submit(provider.connect(2), ITEMS[:1], deadline_seconds=1).outcomes

    assert isinstance(outcome, Unsure)


def test_asks_for_a_status_by_id(server: ScriptedServer) -> None:
    server.will(answer(200, {"deliveryStatus": "Failure", "description": "Absent subscriber", "messageParts": 2}))

    found = mitto(server.url).lookup("01JC/1")

    assert server.requests[0][0].startswith(b"GET /api/v1.1/Messages/01JC%2F1 HTTP/1.1\r\n")
    assert found is not None
    assert found[1:] == (None, "01JC/1", "undelivered", "Failure", "unreachable", "Absent subscriber", None, 2)


@pytest.mark.parametrize(
    ("base_url", "credentials"),
    [("nowhere", SECRETS), ("http://h.example", {"api_key": "k"}), ("https://a:b@h.example", SECRETS)],
)
def test_an_account_that_cannot_work_is_refused(base_url: str, credentials: dict[str, str]) -> None:
    with pytest.raises(BadConfig):
        build("mitto", AccountConfig(base_url, credentials))


def test_an_unknown_provider_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        build("nobody", AccountConfig("http://h.example", {}))
