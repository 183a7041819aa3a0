from urllib.parse import urlencode

import pytest

from providers.interface import AccountConfig, BadPayload, BadSignature, Inbound, Receipt
from providers.registry import build
from tests.providers.test_twilio import INBOUND, SECRETS, WEBHOOK, sign, twilio

SID = "SM" + "0" * 31 + "1"


def receipt(query: dict[str, str] | None = None, **fields: str) -> Receipt:
    body = urlencode({"MessageSid": SID, "To": "+306900000100", **fields}).encode()
    url = f"{WEBHOOK}?{urlencode(query)}" if query else WEBHOOK
    (found,) = twilio().parse_receipts(sign(url, body), body, query or {})
    return found


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("accepted", "accepted"),
        ("scheduled", "queued"),
        ("queued", "queued"),
        ("sending", "queued"),
        ("sent", "sent"),
        ("DELIVERED", "delivered"),
        ("read", "delivered"),
        ("undelivered", "undelivered"),
        ("failed", "undelivered"),
        ("canceled", "undelivered"),
        ("received", "unknown"),
        ("", "unknown"),
    ],
)
def test_maps_words_exactly_whatever_their_case(word: str, status: str) -> None:
    assert receipt(MessageStatus=word).status == status


@pytest.mark.parametrize(
    ("code", "error_class"),
    [
        ("30003", "unreachable"),
        ("30004", "blocked_by_carrier"),
        ("30005", "invalid_number"),
        ("30006", "unreachable"),
        ("30007", "blocked_by_carrier"),
        ("30008", "other"),
        ("30036", "expired"),
        ("21610", "blocked_by_carrier"),
        ("39999", "other"),
    ],
)
def test_a_failed_delivery_has_a_class(code: str, error_class: str) -> None:
    found = receipt(MessageStatus="undelivered", ErrorCode=code)

    assert (found.error_class, found.error_code) == (error_class, code)


def test_a_failure_without_a_code_is_known_by_its_word() -> None:
    found = receipt(MessageStatus="failed")

    assert (found.error_class, found.error_code) == ("other", "failed")


def test_the_old_names_are_read_too() -> None:
    body = f"SmsSid={SID}&SmsStatus=delivered".encode()

    (found,) = twilio().parse_receipts(sign(WEBHOOK, body), body, {})

    assert (found.provider_message_id, found.status) == (SID, "delivered")


def test_brings_our_reference_back() -> None:
    assert receipt({"ref": "ref-0"}, MessageStatus="sent").reference == "ref-0"
    assert receipt(MessageStatus="sent").reference is None


def test_a_reference_in_the_form_is_not_ours() -> None:
    assert receipt(MessageStatus="sent", reference="ref-9", ref="ref-9").reference is None


def test_a_changed_reference_is_refused() -> None:
    body = f"MessageSid={SID}&MessageStatus=delivered".encode()
    headers = sign(f"{WEBHOOK}?ref=ref-0", body)

    with pytest.raises(BadSignature):
        twilio().parse_receipts(headers, body, {"ref": "ref-1"})


def test_another_address_of_ours_is_not_this_one() -> None:
    body = f"MessageSid={SID}&MessageStatus=delivered".encode()

    with pytest.raises(BadSignature):
        twilio().parse_receipts(sign(INBOUND, body), body, {})


def test_both_tokens_are_valid_while_they_are_rotated() -> None:
    body = f"MessageSid={SID}&MessageStatus=delivered".encode()

    for token in ("token-5e0f91c2", "token-before"):
        assert twilio().parse_receipts(sign(WEBHOOK, body, token), body, {})[0].status == "delivered"
    with pytest.raises(BadSignature):
        twilio().parse_receipts(sign(WEBHOOK, body, "token-of-nobody"), body, {})


def test_signs_as_the_documentation_shows() -> None:
    # The worked example of the public documentation: token, address, fields and what must come out.
    options = {"inbound_url": "https://mycompany.com/myapp.php"}
    provider = build("twilio", AccountConfig("http://h.example", SECRETS | {"auth_token": "12345"}, options))
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    headers = {"x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}

    # Genuine, and no message: the signature is not what is wrong.
    with pytest.raises(BadPayload):
        provider.parse_inbound(headers, urlencode(fields).encode(), {"foo": "1", "bar": "2"})
    with pytest.raises(BadSignature):
        provider.parse_inbound(headers, urlencode(fields | {"Digits": "1235"}).encode(), {"foo": "1", "bar": "2"})


def test_the_order_of_fields_and_empty_ones_change_nothing() -> None:
    body = f"To=%2B306900000100&MessageStatus=sent&ErrorCode=&MessageSid={SID}".encode()

    (found,) = twilio().parse_receipts(sign(WEBHOOK, body), body, {})

    assert (found.status, found.error_code) == ("sent", None)


def test_without_the_public_address_nobody_is_let_in() -> None:
    body = f"MessageSid={SID}&MessageStatus=delivered".encode()

    with pytest.raises(BadSignature):
        twilio(webhook_url="").parse_receipts(sign(WEBHOOK, body), body, {})


@pytest.mark.parametrize("text", ["STOP", "Ναι, ευχαριστώ & γεια", "", "a=b&c"])
def test_reads_an_inbound_message(text: str) -> None:
    body = urlencode({"MessageSid": SID, "From": "+306900000001", "To": "+15005550006", "Body": text}).encode()

    (found,) = twilio().parse_inbound(sign(INBOUND, body), body, {})

    assert found == Inbound(SID, SID, "+306900000001", "+15005550006", text, None)


def test_a_forged_inbound_message_is_refused() -> None:
    body = f"MessageSid={SID}&From=%2B306900000001&Body=STOP".encode()

    with pytest.raises(BadSignature):
        twilio().parse_inbound({"X-Twilio-Signature": "guess"}, body, {})
