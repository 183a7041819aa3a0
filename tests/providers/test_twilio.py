import base64
import hashlib
import hmac
import threading
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import orjson
import pytest

from providers.interface import Accepted, AccountConfig, BadConfig, Capabilities, ErrorClass, Item, Provider, Refused
from providers.registry import build
from tests.providers.contract import ITEMS
from tests.providers.contract_calls import CallsInTurnContract
from tests.providers.contract_evidence import ProviderContract
from tests.providers.scripted import Act, ScriptedServer, answer

ACCOUNT = "AC" + "0" * 31 + "7"
SECRETS = {"account_sid": ACCOUNT, "auth_token": "token-5e0f91c2", "auth_token_old": "token-before"}
WEBHOOK = "https://h.example/webhooks/providers/tw/receipts"
INBOUND = "https://h.example/webhooks/providers/tw/inbound"


def twilio(base_url: str = "http://h.example", **options: Any) -> Provider:
    return build(
        "twilio", AccountConfig(base_url, SECRETS, {"webhook_url": WEBHOOK, "inbound_url": INBOUND, **options})
    )


def created(sid: str, **fields: Any) -> dict[str, Any]:
    return {
        "sid": sid, "account_sid": ACCOUNT, "status": "queued", "error_code": None, "error_message": None,
        "num_segments": "0", "price": None, "to": "+306900000100", "from": "SHOP", "messaging_service_sid": None,
        "date_created": "Fri, 02 Jan 2026 03:04:05 +0000", "date_updated": "Fri, 02 Jan 2026 03:04:05 +0000",
    } | fields  # fmt: skip


def refusal(code: int, status: int = 400) -> dict[str, Any]:
    return {"code": code, "message": "No.", "more_info": f"https://h.example/errors/{code}", "status": status}


def sign(url: str, body: bytes, token: str = "token-5e0f91c2") -> dict[str, str]:
    fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    said = url + "".join(name + fields[name] for name in sorted(fields))
    return {
        "X-Twilio-Signature": base64.b64encode(hmac.new(token.encode(), said.encode(), hashlib.sha1).digest()).decode()
    }


def submit(server: ScriptedServer, *acts: Act, items: list[Item] = ITEMS[:1], **options: Any) -> Any:
    server.will(*acts)
    provider = twilio(server.url, **options)
    return provider.submit(provider.connect(2), items, deadline_seconds=1)


class TestTwilio(ProviderContract, CallsInTurnContract):
    secrets = SECRETS
    key = "auth_token"
    good = 201
    refused = Refused("invalid_number", "21211", retryable=False)
    words = ("sent", "delivered", "undelivered")
    at = None

    def build(self, base_url: str, **options: Any) -> Provider:
        return twilio(base_url, **options)

    def message_id(self, place: int) -> str:
        return f"SM{place:032x}"

    def accepts(self, *places: int) -> list[Act]:
        return [answer(201, created(self.message_id(place))) for place in places]

    def refuses_one(self) -> list[Act]:
        accepted, more = self.accepts(0, 2)
        return [accepted, answer(400, refusal(21211)), more]

    def error(self, message: str) -> bytes:
        return orjson.dumps(refusal(20001) | {"message": message})

    def found(self, word: str) -> bytes:
        return orjson.dumps(created(self.message_id(0), status=word))

    def webhook(self, word: str) -> bytes:
        return f"MessageSid={self.message_id(0)}&MessageStatus={word}&To=%2B306900000100&From=SHOP".encode()

    def signed(self, body: bytes) -> dict[str, str]:
        return sign(WEBHOOK, body)


def test_speaks_the_form_wire_format(server: ScriptedServer) -> None:
    submit(server, answer(201, created("SM1")))

    head, body = server.requests[0]
    assert head.startswith(f"POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1\r\n".encode())
    assert b"Content-Type: application/x-www-form-urlencoded" in head
    assert f"Basic {base64.b64encode(f'{ACCOUNT}:token-5e0f91c2'.encode()).decode()}".encode() in head
    assert parse_qs(body.decode()) == {
        "To": ["+306900000100"],
        "From": ["SHOP"],
        "Body": ["Hello 0"],
        "ValidityPeriod": ["14400"],
        "StatusCallback": [f"{WEBHOOK}?ref=ref-0#rc=5&rp=all"],
    }


def test_a_messaging_service_is_no_sender(server: ScriptedServer) -> None:
    service = "MG" + "0" * 32

    submit(server, answer(201, created("SM1")), items=[ITEMS[0]._replace(sender=service)], validity_seconds=60)

    form = parse_qs(server.requests[0][1].decode())
    assert (form["MessagingServiceSid"], form["ValidityPeriod"], "From" in form) == ([service], ["60"], False)


def test_calls_with_a_key_of_its_own_when_there_is_one(server: ScriptedServer) -> None:
    server.will(answer(400, {"code": 20001, "message": "secret is sec-77"}))
    credentials = {**SECRETS, "api_key": "SK7", "api_secret": "sec-77"}
    provider = build("twilio", AccountConfig(server.url, credentials))

    result = provider.submit(provider.connect(2), ITEMS[:1], deadline_seconds=1)

    assert b"Basic " + base64.b64encode(b"SK7:sec-77") in server.requests[0][0]
    assert "sec-77" not in f"{result}"


def test_without_a_public_address_nothing_is_called_back(server: ScriptedServer) -> None:
    submit(server, answer(201, created("SM1")), webhook_url="")

    assert b"StatusCallback" not in server.requests[0][1]
    assert twilio(webhook_url="").capabilities == Capabilities(1000, False, False, True, False, True)
    assert twilio(max_batch=7).capabilities == Capabilities(7, True, True, True, False, True)


@pytest.mark.parametrize(("said", "parts"), [("3", 3), ("0", None), (2, 2), ("many", None), (None, None), (True, None)])
def test_says_how_many_parts_were_counted(server: ScriptedServer, said: object, parts: int | None) -> None:
    result = submit(server, answer(201, created("SM1", num_segments=said)))

    assert result.outcomes == [Accepted("SM1", parts)]


@pytest.mark.parametrize(
    ("code", "error_class", "retryable"),
    [
        (21211, "invalid_number", False),
        (21614, "invalid_number", False),
        (21610, "blocked_by_carrier", False),
        (21408, "provider_rejected", False),
        (21606, "provider_rejected", False),
        (21611, "provider_error", True),
        (30001, "provider_error", False),
    ],
)
def test_a_refusal_has_our_class_and_twilios_code(
    server: ScriptedServer, code: int, error_class: ErrorClass, retryable: bool
) -> None:
    result = submit(server, answer(400, refusal(code)))

    assert result.outcomes == [Refused(error_class, str(code), retryable)]
    assert (result.not_sent, result.route_fault, result.raw_status) == (False, None, 400)


def test_a_region_refused_with_403_does_not_stop_the_route(server: ScriptedServer) -> None:
    result = submit(server, answer(403, refusal(21408, 403)))

    assert (result.outcomes, result.route_fault) == ([Refused("provider_rejected", "21408", False)], None)


@pytest.mark.parametrize(("status", "code", "fault"), [(401, 20003, "credentials"), (403, 20005, "credentials")])
def test_a_fault_of_the_account_keeps_its_http_status(
    server: ScriptedServer, status: int, code: int, fault: str
) -> None:
    result = submit(server, answer(status, refusal(code, status)))

    assert (result.outcomes, result.route_fault) == ([Refused("route_down", str(status), True)], fault)


def test_too_many_requests_is_documented_as_not_processed(server: ScriptedServer) -> None:
    result = submit(server, answer(429, refusal(20429, 429)))

    assert (result.outcomes, result.not_sent) == ([Refused("provider_error", "429", True)], True)


def test_nothing_is_known_when_an_id_comes_twice(server: ScriptedServer) -> None:
    result = submit(server, *(answer(201, created(sid)) for sid in ("SM1", "SM2", "SM1")), items=list(ITEMS))

    assert [type(outcome).__name__ for outcome in result.outcomes] == ["Unsure", "Accepted", "Unsure"]


@pytest.mark.parametrize("body", [{"sid": ""}, {"sid": None}, {"status": "queued"}, ["SM1"]])
def test_a_good_answer_without_an_id_is_unsure(server: ScriptedServer, body: object) -> None:
    result = submit(server, answer(201, body))

    assert [type(outcome).__name__ for outcome in result.outcomes] == ["Unsure"]


def test_asks_for_a_status_by_id(server: ScriptedServer) -> None:
    server.will(answer(200, created("SM/1", status="failed", error_code=30003, num_segments="2")))

    found = twilio(server.url).lookup("SM/1")

    assert server.requests[0][0].startswith(f"GET /2010-04-01/Accounts/{ACCOUNT}/Messages/SM%2F1.json HTTP".encode())
    assert found is not None
    assert found[1:7] == (None, "SM/1", "undelivered", "failed", "unreachable", "30003")
    assert (found.parts, f"{found.at:%d.%m.%Y %H:%M:%S %z}") == (2, "02.01.2026 03:04:05 +0000")


def test_a_reference_cannot_be_asked_for() -> None:
    assert twilio().lookup_reference("ref-0") is None


@pytest.mark.parametrize("missing", ["account_sid", "auth_token"])
def test_an_account_without_its_credentials_is_refused(missing: str) -> None:
    credentials = {name: value for name, value in SECRETS.items() if name != missing}

    with pytest.raises(BadConfig, match=missing):
        build("twilio", AccountConfig("http://h.example", credentials))


def test_two_threads_each_have_their_connection(server: ScriptedServer) -> None:
    provider = twilio(server.url)
    server.will(*(answer(201, created(f"SM{place}")) for place in range(2)))

    threads = [
        threading.Thread(target=lambda: provider.submit(provider.connect(2), ITEMS[:1], deadline_seconds=2))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)

    assert (server.connections, len(server.requests)) == (2, 2)
