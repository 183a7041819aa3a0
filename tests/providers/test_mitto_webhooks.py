import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from providers.interface import AccountConfig, BadSignature, Inbound, Receipt
from providers.registry import build
from tests.providers.test_mitto import mitto

TOKEN = {"x-webhook-token": "new-secret"}


def receipt(element: dict[str, Any]) -> Receipt:
    (found,) = mitto().parse_receipts(TOKEN, orjson.dumps(element), {})
    return found


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Pending", "queued"),
        ("Queued", "queued"),
        ("SENT", "sent"),
        ("buffered", "buffered"),
        ("Delivered", "delivered"),
        ("DELIVRD", "delivered"),
        ("Read", "delivered"),
        ("Failure", "undelivered"),
        ("REJECTD", "undelivered"),
        ("Expired", "expired"),
        ("Delivered?", "unknown"),
        ("", "unknown"),
    ],
)
def test_maps_words_exactly_whatever_their_case(word: str, status: str) -> None:
    assert receipt({"messageId": "m", "deliveryStatus": word}).status == status


@pytest.mark.parametrize(
    ("status", "description", "error_class", "code"),
    [
        ("Failure", "Unreachable", "unreachable", "Unreachable"),
        ("Failure", "Unknown subscriber", "invalid_number", "Unknown subscriber"),
        ("Failure", "blocked", "blocked_by_carrier", "blocked"),
        ("Failure", "No credit on the moon", "other", "No credit on the moon"),
        ("Failure", None, "other", "Failure"),
        ("Rejected", None, "provider_rejected", "Rejected"),
        ("Expired", None, "expired", "Expired"),
        ("Delivered", "ok", None, None),
    ],
)
def test_a_failed_delivery_has_a_class(
    status: str, description: str | None, error_class: str | None, code: str | None
) -> None:
    found = receipt({"messageId": "m", "deliveryStatus": status, "description": description})

    assert (found.error_class, found.error_code) == (error_class, code)


@pytest.mark.parametrize("id_name", ["messageId", "id", "MessageId", "message_id"])
@pytest.mark.parametrize("word_name", ["deliveryStatus", "status", "Status", "dlr_status", "delivery_status"])
@pytest.mark.parametrize("time_name", ["updatedAt", "doneAt", "timestamp", "Timestamp", "createdAt"])
def test_reads_every_alias(id_name: str, word_name: str, time_name: str) -> None:
    found = receipt({id_name: "m", word_name: "Sent", time_name: "2026-01-02T04:04:05+01:00"})

    assert (found.provider_message_id, found.status) == ("m", "sent")
    assert found.at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "time", ["2026-01-02T03:04:05", "2026-01-02T03:04:05.000Z", 1767323045, "1767323045", 1767323045000]
)
def test_reads_every_kind_of_time(time: object) -> None:
    found = receipt({"messageId": "m", "status": "Sent", "updatedAt": time})

    assert found.at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("time", ["yesterday", {}, "9" * 40, None])
def test_a_time_that_cannot_be_read_is_no_reason_to_lose_the_receipt(time: object) -> None:
    found = receipt({"messageId": "m", "status": "Sent", "updatedAt": time})

    assert (found.status, found.at) == ("sent", None)


def test_reads_many_receipts_in_one_call() -> None:
    body = orjson.dumps([{"messageId": "id-0", "status": "Sent"}, {"messageId": "id-1", "status": "Failure"}])

    receipts = mitto().parse_receipts(TOKEN, body, {})

    assert [(each.provider_message_id, each.status) for each in receipts] == [("id-0", "sent"), ("id-1", "undelivered")]


@pytest.mark.parametrize("name", ["eventId", "event_id", "EventId", "eventID"])
def test_an_event_id_is_the_key(name: str) -> None:
    assert receipt({"messageId": "m", "status": "Sent", name: "e-1"}).dedupe == "e-1"


def test_a_receipt_brings_our_reference_back() -> None:
    assert receipt({"messageId": "m", "status": "Sent", "reference": "ref-0"}).reference == "ref-0"


def test_a_receipt_without_an_id_is_kept_for_the_alarm() -> None:
    found = receipt({"hello": "world"})

    assert (found.provider_message_id, found.reference, found.status) == (None, None, "unknown")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Webhook-Token": "new-secret"},
        {"X-WEBHOOK-TOKEN": "old-secret"},
        {"X-Webhook-Signature": hmac.new(b"old-secret", b'{"id":"m"}', hashlib.sha256).hexdigest()},
        {"X-Webhook-Signature": "sha256=" + hmac.new(b"new-secret", b'{"id":"m"}', hashlib.sha256).hexdigest().upper()},
    ],
)
def test_both_secrets_are_valid_while_they_are_rotated(headers: dict[str, str]) -> None:
    assert mitto().parse_receipts(headers, b'{"id":"m"}', {})[0].provider_message_id == "m"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Webhook-Token": ""},
        {"X-Webhook-Token": "New-Secret"},
        {"X-Webhook-Token": "náivé"},
        {"X-Webhook-Signature": ""},
        # A wrong signature is not mended by a right token: the body may have been changed.
        {"X-Webhook-Token": "new-secret", "X-Webhook-Signature": "0" * 64},
    ],
)
def test_nothing_else_is_let_in(headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        mitto().parse_receipts(headers, b'{"id":"m"}', {})


def test_without_a_secret_nobody_is_let_in() -> None:
    account = {"api_key": "k", "traffic_account_id": "t", "webhook_secret": ""}
    provider = build("mitto", AccountConfig("http://h.example", account))

    with pytest.raises(BadSignature):
        provider.parse_receipts({"X-Webhook-Token": ""}, b"{}", {})
    assert provider.capabilities.signature is False


@pytest.mark.parametrize(
    "element",
    [
        {
            "from": "+306900000001",
            "to": "SHOP",
            "text": "STOP",
            "messageId": "in-1",
            "timestamp": "2026-01-02T03:04:05Z",
        },
        {"msisdn": "+306900000001", "to": "SHOP", "message": "STOP", "id": "in-1", "updatedAt": 1767323045},
        {"sender": "+306900000001", "to": "SHOP", "text": "STOP", "messageId": "in-1", "createdAt": "1767323045"},
    ],
)
def test_reads_an_inbound_message(element: dict[str, Any]) -> None:
    (found,) = mitto().parse_inbound(TOKEN, orjson.dumps(element), {})

    assert found == Inbound("in-1", "in-1", "+306900000001", "SHOP", "STOP", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


def test_an_inbound_message_without_an_id_is_known_by_what_it_says() -> None:
    texts = ["STOP", "STOP", "START"]

    keys = [
        mitto().parse_inbound(TOKEN, orjson.dumps({"from": "+306900000001", "text": text}), {})[0].dedupe
        for text in texts
    ]

    assert keys[0] == keys[1] != keys[2]


def test_a_forged_inbound_message_is_refused() -> None:
    with pytest.raises(BadSignature):
        mitto().parse_inbound({"X-Webhook-Token": "guess"}, b'{"from":"+306900000001","text":"STOP"}', {})
