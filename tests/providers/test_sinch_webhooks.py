from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from providers.interface import AccountConfig, BadSignature, Inbound, Receipt
from providers.registry import build
from tests.providers.test_sinch import report, sign, sinch


def receipt(query: dict[str, str] | None = None, **fields: Any) -> Receipt:
    body = orjson.dumps(report("Delivered") | fields)
    (found,) = sinch().parse_receipts(sign(body), body, query or {})
    return found


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Queued", "queued"),
        ("Dispatched", "sent"),
        ("DELIVERED", "delivered"),
        ("Aborted", "undelivered"),
        ("Cancelled", "undelivered"),
        ("Failed", "undelivered"),
        ("Rejected", "undelivered"),
        ("Deleted", "undelivered"),
        ("Expired", "expired"),
        ("Unknown", "sent"),
        ("Delivered!", "unknown"),
    ],
)
def test_maps_words_exactly_whatever_their_case(word: str, status: str) -> None:
    assert receipt(status=word).status == status


@pytest.mark.parametrize(
    ("word", "code", "error_class"),
    [
        ("Aborted", 402, "unreachable"),
        ("Aborted", 403, "provider_error"),
        ("Aborted", 404, "unreachable"),
        ("Aborted", 405, "provider_rejected"),
        ("Aborted", 406, "expired"),
        ("Cancelled", 407, "other"),
        ("Aborted", 408, "provider_rejected"),
        ("Aborted", 412, "provider_rejected"),
        ("Failed", 11, "other"),
        ("Expired", 255, "expired"),
    ],
)
def test_a_failed_delivery_has_a_class(word: str, code: int, error_class: str) -> None:
    found = receipt(status=word, code=code)

    assert (found.error_class, found.error_code) == (error_class, str(code))


def test_a_message_is_its_batch_and_its_number() -> None:
    found = receipt(batch_id="01JC9", recipient="+306900000123", number_of_message_parts=3)

    assert (found.provider_message_id, found.parts) == ("01JC9:306900000123", 3)


@pytest.mark.parametrize("fields", [{"batch_id": ""}, {"recipient": None}, {"batch_id": None, "recipient": 0}])
def test_a_receipt_without_an_identity_is_kept_for_the_alarm(fields: dict[str, Any]) -> None:
    found = receipt(**fields)

    assert (found.provider_message_id, found.status) == (None, "delivered")


def test_a_call_of_one_brings_its_reference_back_twice() -> None:
    assert receipt(client_reference="ref-0").reference == "ref-0"
    assert receipt({"ref": "ref-0"}).reference == "ref-0"
    assert receipt().reference is None


def test_a_reference_of_another_number_is_nobodys() -> None:
    assert receipt({"refs": "0123456789abref-1.short"}).reference is None


def test_two_words_of_one_second_are_two_receipts() -> None:
    assert receipt(status="Queued").dedupe != receipt(status="Dispatched").dedupe


def test_a_replayed_call_says_the_same_again() -> None:
    body = orjson.dumps(report("Delivered"))
    again = [sign(body), sign(body), sign(body, nonce="01JCM", at="1767400000")]

    keys = {sinch().parse_receipts(headers, body, {})[0].dedupe for headers in again}

    assert len(keys) == 1


def test_both_secrets_are_valid_while_they_are_rotated() -> None:
    body = orjson.dumps(report("Delivered"))

    for secret in ("new-secret", "old-secret"):
        assert sinch().parse_receipts(sign(body, secret), body, {})[0].status == "delivered"
    with pytest.raises(BadSignature):
        sinch().parse_receipts(sign(body, "secret-of-nobody"), body, {})


@pytest.mark.parametrize("part", ["", "-nonce", "-timestamp"])
@pytest.mark.parametrize("value", [None, "", "1767323046", "náivé"])
def test_the_signature_covers_nonce_and_timestamp(part: str, value: str | None) -> None:
    body = orjson.dumps(report("Delivered"))
    headers = sign(body)
    headers.pop(f"x-sinch-webhook-signature{part}")
    if value is not None:
        headers[f"X-Sinch-Webhook-Signature{part}"] = value

    with pytest.raises(BadSignature):
        sinch().parse_receipts(headers, body, {})


def test_without_a_secret_nobody_is_let_in() -> None:
    provider = build("sinch", AccountConfig("http://h.example", {"service_plan_id": "p", "api_token": "t"}))
    body = orjson.dumps(report("Delivered"))

    with pytest.raises(BadSignature):
        provider.parse_receipts(sign(body, ""), body, {})
    assert provider.capabilities.signature is False


@pytest.mark.parametrize(
    ("sender", "phone"), [("306900000001", "+306900000001"), ("+306900000001", "+306900000001"), ("54321", "54321")]
)
def test_reads_an_inbound_message(sender: str, phone: str) -> None:
    body = orjson.dumps(
        {
            "type": "mo_text",
            "id": "01JCIN",
            "from": sender,
            "to": "12345",
            "body": "STOP",
            "received_at": "2026-01-02T03:04:05.000Z",
            "operator_id": "35000",
        }
    )

    (found,) = sinch().parse_inbound(sign(body), body, {})

    assert found == Inbound("01JCIN", "01JCIN", phone, "12345", "STOP", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


def test_a_forged_inbound_message_is_refused() -> None:
    with pytest.raises(BadSignature):
        sinch().parse_inbound({"x-sinch-webhook-signature": "guess"}, b'{"from":"306900000001","body":"STOP"}', {})
