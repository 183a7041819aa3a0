"""What must hold whatever a provider says: drawn answers, drawn webhooks."""

import hashlib
import hmac
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.bulk import by_position
from providers.http import Reply
from providers.interface import RANKS, Accepted, BadPayload, BadSignature, Item, Refused, Unsure
from providers.outcomes import not_accepted
from providers.sinch import _outcomes as read_sinch
from providers.twilio import _outcome as read_twilio
from tests.providers.test_mitto import SECRETS, mitto
from tests.providers.test_sinch import sign, sinch
from tests.providers.test_twilio import WEBHOOK, twilio
from tests.providers.test_twilio import sign as sign_form

ITEMS = [Item(f"ref-{n}", f"+30690000020{n}", "Hello", "SHOP") for n in range(4)]

scalars = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.text(max_size=8)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
names = st.sampled_from(["messageId", "id", "status", "deliveryStatus", "updatedAt", "eventId", "error", "description"])
values = (
    documents
    | st.sampled_from(["Delivered", "Failure", "x" * 300, "nul\x00nul", "0001-01-01T00:00:00+14:00"])
    | st.integers(0, 2**63)
)
elements = st.dictionaries(
    names | st.sampled_from(["reference", "from", "to", "text", "messageParts"]), values, max_size=6
)
entries = st.lists(
    st.fixed_dictionaries({}, optional={"messageId": st.sampled_from(["a", "b", "c", "d", ""]), "error": documents})
    | st.fixed_dictionaries({"messageId": st.text("abcdef", min_size=6, max_size=6)}),
    max_size=6,
)


def read(reply: Reply) -> list[Any]:
    def taken(entry: dict[str, Any]) -> Accepted | Unsure:
        found = entry.get("messageId")
        return Accepted(found) if found and "error" not in entry else Unsure("?")

    found = by_position(ITEMS, reply, list_name="messages", outcome_of=taken)
    return list(found.outcomes)


@settings(max_examples=100, deadline=None)
@given(entries)
def test_an_accepted_item_has_the_id_at_its_own_position(drawn: list[dict[str, Any]]) -> None:
    outcomes = read(Reply(200, {}, orjson.dumps({"messages": drawn})))

    accepted = [outcome.provider_message_id for outcome in outcomes if isinstance(outcome, Accepted)]
    assert len(outcomes) == len(ITEMS)
    assert len(set(accepted)) == len(accepted)
    for outcome, entry in zip(outcomes, drawn, strict=False):
        if isinstance(outcome, Accepted):
            assert (len(drawn), entry["messageId"]) == (len(ITEMS), outcome.provider_message_id)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60) | documents.map(orjson.dumps))
def test_no_body_accepts_what_it_does_not_list(body: bytes) -> None:
    outcomes = read(Reply(200, {}, body))

    assert [type(outcome) for outcome in outcomes] == [Unsure] * len(ITEMS)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(300, 599),
    st.binary(max_size=40) | documents.map(orjson.dumps) | st.just(b'{"message":"no"}'),
    st.dictionaries(st.just("retry-after"), st.text(max_size=30)),
)
def test_no_error_status_ever_accepts(status: int, body: bytes, headers: dict[str, str]) -> None:
    result = not_accepted(ITEMS, Reply(status, headers, body), hide="key")

    kinds = {type(outcome) for outcome in result.outcomes}
    assert len(result.outcomes) == len(ITEMS)
    assert kinds in ({Refused}, {Unsure})
    # Only an explicit refusal gives the call back, and nothing that says 5xx is one.
    assert not (result.not_sent and (kinds == {Unsure} or status >= 500))
    assert result.retry_after is None or 0 <= result.retry_after <= 3600


@settings(max_examples=100, deadline=None)
@given(st.lists(elements, min_size=1, max_size=3) | elements)
def test_every_genuine_webhook_can_be_stored(drawn: Any) -> None:
    body = orjson.dumps(drawn)
    headers = {"X-Webhook-Token": SECRETS["webhook_secret"]}

    receipts, inbound = mitto().parse_receipts(headers, body, {}), mitto().parse_inbound(headers, body, {})

    assert len(receipts) == len(inbound) == (len(drawn) if isinstance(drawn, list) else 1)
    for receipt in receipts:
        assert receipt.status in RANKS
        assert 0 < len(receipt.dedupe) <= 120
        assert (receipt.error_class is None) == (receipt.status not in {"undelivered", "expired"})
    assert "\x00" not in "".join(map(str, receipts + inbound))  # type: ignore[operator]


def is_readable(body: bytes) -> bool:
    try:
        content = orjson.loads(body)
    except ValueError:
        return False
    listed = content if isinstance(content, list) else [content]
    return bool(listed) and all(isinstance(each, dict) for each in listed)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80) | (documents | st.lists(elements, max_size=2)).map(orjson.dumps))
def test_a_webhook_either_reads_or_says_that_it_cannot(body: bytes) -> None:
    headers = {"X-Webhook-Signature": hmac.new(b"new-secret", body, hashlib.sha256).hexdigest()}

    try:
        mitto().parse_receipts(headers, body, {})
    except BadPayload:
        read = False
    else:
        read = True

    assert read == is_readable(body)


@settings(max_examples=100, deadline=None)
@given(st.lists(elements, min_size=1, max_size=3) | elements)
def test_every_genuine_report_can_be_stored(drawn: Any) -> None:
    body = orjson.dumps(drawn)

    receipts, inbound = sinch().parse_receipts(sign(body), body, {}), sinch().parse_inbound(sign(body), body, {})

    assert len(receipts) == len(inbound) == (len(drawn) if isinstance(drawn, list) else 1)
    for receipt in receipts:
        assert receipt.status in RANKS
        assert 0 < len(receipt.dedupe) <= 120
    assert "\x00" not in "".join(map(str, receipts + inbound))  # type: ignore[operator]


fields = st.dictionaries(
    st.sampled_from(["MessageSid", "MessageStatus", "ErrorCode", "To", "From", "Body", "reference"]),
    st.text(max_size=30) | st.sampled_from(["delivered", "failed", "30003", "nul\x00nul"]),
    max_size=6,
)


@settings(max_examples=100, deadline=None)
@given(fields, st.dictionaries(st.sampled_from(["ref", "refs", "x"]), st.text(max_size=50), max_size=2))
def test_every_genuine_form_is_read_or_has_no_message(drawn: dict[str, str], query: dict[str, str]) -> None:
    body = urlencode(drawn).encode()
    headers = sign_form(f"{WEBHOOK}?{urlencode(query)}" if query else WEBHOOK, body)

    try:
        (receipt,) = twilio().parse_receipts(headers, body, query)
    except BadPayload:
        assert "MessageSid" not in drawn
    else:
        assert receipt.status in RANKS
        assert receipt.reference is None or receipt.reference in "".join(query.values()).replace("\0", "")


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([200, 201, 202]), st.binary(max_size=60) | documents.map(orjson.dumps))
def test_no_body_without_an_id_accepts_a_message(status: int, body: bytes) -> None:
    reply = Reply(status, {}, body)

    found = [read_twilio(reply), *read_sinch(ITEMS, reply)]

    assert [type(outcome) for outcome in found] == [Unsure] * 5


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["X-Webhook-Token", "X-Webhook-Signature"]), st.text(max_size=70)))
def test_no_guess_is_let_in(headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        mitto().parse_receipts(headers, b'{"id":"m"}', {})
