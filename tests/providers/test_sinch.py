import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from providers.interface import (
    Accepted,
    AccountConfig,
    BadConfig,
    CallResult,
    Capabilities,
    Item,
    Provider,
    Refused,
    Unsure,
)
from providers.registry import build
from tests.providers.contract import ITEMS
from tests.providers.contract_calls import CallsInTurnContract
from tests.providers.contract_evidence import ProviderContract
from tests.providers.scripted import Act, ScriptedServer, answer

SECRETS = {
    "service_plan_id": "plan-77",
    "api_token": "token-9f2c41d7",
    "webhook_secret": "new-secret",
    "webhook_secret_old": "old-secret",
}
WEBHOOK = "https://h.example/webhooks/providers/si/receipts"
BATCHES = b"/xms/v1/plan-77/batches"


def sinch(base_url: str = "http://h.example", **options: Any) -> Provider:
    return build("sinch", AccountConfig(base_url, SECRETS, options))


def batch(batch_id: str, *to: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": batch_id, "to": list(to), "from": "SHOP", "canceled": False, "body": "Hello", "type": "mt_text",
        "created_at": "2026-01-02T03:04:05.000Z", "modified_at": "2026-01-02T03:04:05.000Z",
        "delivery_report": "per_recipient", "flash_message": False,
    } | fields  # fmt: skip


def report(word: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "recipient_delivery_report_sms", "batch_id": "01JC0", "recipient": "306900000100", "code": 0,
        "status": word, "at": "2026-01-02T03:04:05.000Z", "operator_status_at": "2026-01-02T03:04:00Z",
        "applied_originator": "SHOP", "number_of_message_parts": 1, "encoding": "GSM",
    } | fields  # fmt: skip


def sign(body: bytes, secret: str = "new-secret", nonce: str = "01JCN", at: str = "1767323045") -> dict[str, str]:
    signed = body + f".{nonce}.{at}".encode()
    signature = base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()
    name = "x-sinch-webhook-signature"
    return {name: signature, f"{name}-nonce": nonce, f"{name}-timestamp": at, f"{name}-algorithm": "HmacSHA256"}


def alike(count: int, text: str = "Hello") -> list[Item]:
    return [Item(f"{n:032x}", f"+3069100{n:05}", text, "SHOP") for n in range(count)]


def numbers(items: list[Item]) -> list[str]:
    return [item.phone.removeprefix("+") for item in items]


def submit(server: ScriptedServer, *acts: Act, items: list[Item], **options: Any) -> CallResult:
    server.will(*acts)
    provider = sinch(server.url, **options)
    return provider.submit(provider.connect(2), items, deadline_seconds=1)


class TestSinch(ProviderContract, CallsInTurnContract):
    secrets = SECRETS
    key = "api_token"
    good = 201
    refused = Refused("provider_rejected", "400", retryable=False)
    words = ("Dispatched", "Delivered", "Failed")

    def build(self, base_url: str, **options: Any) -> Provider:
        return sinch(base_url, **options)

    def message_id(self, place: int) -> str:
        return f"01JC{place}:30690000010{place}"

    def accepts(self, *places: int) -> list[Act]:
        return [answer(201, batch(f"01JC{place}", f"30690000010{place}")) for place in places]

    def refuses_one(self) -> list[Act]:
        accepted, more = self.accepts(0, 2)
        return [accepted, answer(400, {"code": "syntax_invalid_parameter_format", "text": "to"}), more]

    def error(self, message: str) -> bytes:
        return orjson.dumps({"code": "syntax_invalid_json", "text": message})

    def found(self, word: str) -> bytes:
        return orjson.dumps(report(word))

    def webhook(self, word: str) -> bytes:
        return orjson.dumps(report(word))

    def signed(self, body: bytes) -> dict[str, str]:
        return sign(body)


def test_speaks_the_batch_wire_format(server: ScriptedServer) -> None:
    submit(server, answer(201, batch("01JC0", "306900000100")), items=ITEMS[:1])

    head, body = server.requests[0]
    content = orjson.loads(body)
    left = datetime.fromisoformat(content.pop("expire_at")) - datetime.now(UTC)
    assert head.startswith(b"POST " + BATCHES + b" HTTP/1.1\r\n")
    assert b"Authorization: Bearer token-9f2c41d7" in head
    assert timedelta(minutes=239) < left <= timedelta(minutes=240)
    assert content == {
        "from": "SHOP",
        "to": ["306900000100"],
        "body": "Hello 0",
        "type": "mt_text",
        "delivery_report": "per_recipient",
        "client_reference": "ref-0",
    }


def test_says_what_the_account_can_do() -> None:
    assert sinch().capabilities == Capabilities(1000, True, True, True, True, True)
    assert sinch(max_batch=50).capabilities.max_batch == 50


def test_one_text_for_many_is_one_call(server: ScriptedServer) -> None:
    items = alike(3)

    result = submit(server, answer(201, batch("01JC", *numbers(items))), items=items, webhook_url=WEBHOOK)

    content = orjson.loads(server.requests[0][1])
    assert (content["to"], content["body"], "client_reference" in content) == (numbers(items), "Hello", False)
    assert result.outcomes == [Accepted(f"01JC:30691000000{n}") for n in range(3)]


def test_texts_are_not_mixed_and_a_group_holds_thirty(server: ScriptedServer) -> None:
    items = [*alike(31, "A"), *alike(2, "B")]
    groups = [numbers(items[:30]), numbers(items[30:31]), numbers(items[31:])]
    acts = [answer(201, batch(f"b{place}", *group)) for place, group in enumerate(groups)]

    result = submit(server, *acts, items=items, webhook_url=WEBHOOK)

    sent = [orjson.loads(body) for _, body in server.requests]
    assert [(content["body"], len(content["to"])) for content in sent] == [("A", 30), ("A", 1), ("B", 2)]
    assert all(len(content["callback_url"]) < 2048 for content in sent)
    assert [outcome.provider_message_id for outcome in result.outcomes if isinstance(outcome, Accepted)] == [
        *(f"b0:{number}" for number in groups[0]), *(f"b1:{number}" for number in groups[1]),
        *(f"b2:{number}" for number in groups[2]),
    ]  # fmt: skip


def test_the_same_number_and_text_go_out_in_two_calls(server: ScriptedServer) -> None:
    twice = [ITEMS[0], ITEMS[0]._replace(reference="ref-9")]
    acts = [answer(201, batch(each, "306900000100")) for each in ("b0", "b1")]

    result = submit(server, *acts, items=twice, webhook_url=WEBHOOK)

    assert result.outcomes == [Accepted("b0:306900000100"), Accepted("b1:306900000100")]


def test_without_a_public_address_each_call_holds_one(server: ScriptedServer) -> None:
    items = alike(2)
    acts = [answer(201, batch(f"b{n}", number)) for n, number in enumerate(numbers(items))]

    submit(server, *acts, items=items)

    assert [orjson.loads(body)["client_reference"] for _, body in server.requests] == [each.reference for each in items]


def test_a_refused_group_is_halved_until_the_culprit_is_found(server: ScriptedServer) -> None:
    items = alike(4)
    no = answer(400, {"code": "syntax_constraint_violation", "text": "to"})
    first, second, third, fourth = numbers(items)
    acts = [no, answer(201, batch("b0", first, second)), no, no, answer(201, batch("b1", fourth))]

    result = submit(server, *acts, items=items, webhook_url=WEBHOOK)

    sent = [orjson.loads(body)["to"] for _, body in server.requests]
    assert sent == [[first, second, third, fourth], [first, second], [third, fourth], [third], [fourth]]
    assert result.outcomes == [
        Accepted(f"b0:{first}"),
        Accepted(f"b0:{second}"),
        Refused("provider_rejected", "400", retryable=False),
        Accepted(f"b1:{fourth}"),
    ]
    assert (result.split, result.not_sent) == (False, False)


def test_a_lost_reply_leaves_the_whole_group_in_doubt(server: ScriptedServer) -> None:
    result = submit(server, answer(502, b""), items=alike(3), webhook_url=WEBHOOK)

    assert [type(outcome) for outcome in result.outcomes] == [Unsure] * 3


@pytest.mark.parametrize(
    "body",
    [
        {"id": "b0"},
        {"id": "b0", "to": "306910000000"},
        {"id": "", "to": ["306910000000"]},
        {"to": ["306910000000"]},
        [],
    ],
)
def test_an_answer_that_does_not_list_a_number_settles_nothing(server: ScriptedServer, body: object) -> None:
    result = submit(server, answer(201, body), items=alike(1))

    assert [type(outcome) for outcome in result.outcomes] == [Unsure]


def test_only_listed_numbers_are_accepted(server: ScriptedServer) -> None:
    result = submit(server, answer(201, batch("b0", "+306910000001")), items=alike(2), webhook_url=WEBHOOK)

    assert (type(result.outcomes[0]), result.outcomes[1]) == (Unsure, Accepted("b0:306910000001"))


def test_a_callback_brings_each_reference_home(server: ScriptedServer) -> None:
    items = alike(3)
    submit(server, answer(201, batch("b0", *numbers(items))), items=items, webhook_url=WEBHOOK)
    called = urlsplit(orjson.loads(server.requests[0][1])["callback_url"])
    query = {name: values[0] for name, values in parse_qs(called.query).items()}

    for item, number in zip(items, numbers(items), strict=True):
        body = orjson.dumps(report("Delivered", batch_id="b0", recipient=number))
        (found,) = sinch().parse_receipts(sign(body), body, query)

        assert (found.reference, found.provider_message_id) == (item.reference, f"b0:{number}")
    assert (called.scheme, called.netloc, called.path) == ("https", "h.example", "/webhooks/providers/si/receipts")
    assert not any(number in called.query for number in numbers(items))


@pytest.mark.parametrize("missing", ["service_plan_id", "api_token"])
def test_an_account_without_its_credentials_is_refused(missing: str) -> None:
    credentials = {name: value for name, value in SECRETS.items() if name != missing}

    with pytest.raises(BadConfig, match=missing):
        build("sinch", AccountConfig("http://h.example", credentials))
