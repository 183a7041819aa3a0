"""Sinch SMS, the xms API (public documentation; to verify with a live account, see docs/providers.md).

A call is one text for many numbers, accepted or not as a whole: (batch id, recipient) is the message. Parameters hold
160 characters, too few for a text, so items are grouped by text, a call each. A call of one has our reference as its
`client_reference` and can be found by it; a call of several has the reference of each in its callback address.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Final
from urllib.parse import quote, urlencode

import orjson

from providers import bulk, callbacks, outcomes, webhooks
from providers.http import Connection, Reply
from providers.interface import (
    Accepted,
    AccountConfig,
    CallResult,
    Capabilities,
    Inbound,
    Item,
    Outcome,
    Receipt,
    ReceiptStatus,
    Unsure,
)
from providers.over_http import HttpProvider, needed
from providers.webhooks import Errors, Fields

# fmt: off
STATUSES: Final[dict[str, ReceiptStatus]] = {
    "queued": "queued", "dispatched": "sent", "delivered": "delivered", "expired": "expired", "aborted": "undelivered",
    "cancelled": "undelivered", "failed": "undelivered", "rejected": "undelivered", "deleted": "undelivered",
    "unknown": "sent",  # final at Sinch: the carrier has it, and nobody knows more
}
# fmt: on
# Sinch's own codes in receipts; lower ones are the carriers'. Refused calls have words instead, and mean the call.
ERRORS: Final[Errors] = webhooks.errors(
    ("unreachable", False, "402 404"),
    ("provider_error", False, "403"),
    ("provider_rejected", False, "405 408 410 411 412"),
    ("expired", False, "406"),
    ("other", False, "407"),
)
FIELDS: Final = Fields(
    ids=("id",), words=("status",), times=("at", "received_at"), reasons=("code",), parts=("number_of_message_parts",)
)
SIGNATURE: Final = "x-sinch-webhook-signature"
LARGEST_GROUP: Final = 30  # so many references of 32 characters fit into a callback address of 2048
LOOK_BACK: Final = timedelta(days=3)


class Sinch(HttpProvider):
    """Credentials: service_plan_id, api_token, webhook_secret (and webhook_secret_<any> while rotating).

    Options: webhook_url (our public address for receipts, without a query; without it each call holds one item),
    max_batch (1000), validity_seconds (14400), ca_file.
    """

    name: ClassVar[str] = "sinch"

    def __init__(self, config: AccountConfig) -> None:
        headers = {"Authorization": f"Bearer {needed(config, 'api_token')}", "Content-Type": "application/json"}
        super().__init__(config, headers, key="api_token", secrets="webhook_secret", max_batch=1000)
        self._batches = f"/xms/v1/{quote(needed(config, 'service_plan_id'), safe='')}/batches"
        self._webhook_url = str(config.options.get("webhook_url", ""))
        self._validity = timedelta(seconds=int(config.options.get("validity_seconds", 14_400)))

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(self._max_batch, True, True, True, True, bool(self._secrets))

    def submit(self, connection: Connection, items: Sequence[Item], *, deadline_seconds: float) -> CallResult:
        self._check(items)
        groups = bulk.by_text(items, most=LARGEST_GROUP if self._webhook_url else 1)
        return bulk.in_turn(items, groups, partial(self._call, connection), deadline_seconds=deadline_seconds)

    def lookup(self, provider_message_id: str, *, deadline_seconds: float = 10.0) -> Receipt | None:
        batch, _, recipient = provider_message_id.partition(":")
        path = f"{self._batches}/{quote(batch, safe='')}/delivery_report/{quote(recipient, safe='')}"
        found = outcomes.looked_up(self._get(path, deadline_seconds))
        return None if found is None else _receipt({"batch_id": batch, "recipient": recipient, **found}, {})

    def lookup_reference(self, reference: str, *, deadline_seconds: float = 10.0) -> Receipt | None:
        query = urlencode({"client_reference": reference, "start_date": (datetime.now(UTC) - LOOK_BACK).isoformat()})
        found = outcomes.looked_up(self._get(f"{self._batches}?{query}", deadline_seconds)) or {}
        match found.get("batches"):
            case [{"id": str(batch), "to": [str(recipient)], "client_reference": said}, *_] if said == reference:
                return _receipt({"batch_id": batch, "recipient": recipient, "status": "queued"}, {"ref": reference})
        return None

    def parse_receipts(self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]) -> list[Receipt]:
        return [_receipt(element, query) for element in self._authentic(headers, body)]

    def parse_inbound(self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]) -> list[Inbound]:
        return [webhooks.inbound(element, FIELDS) for element in self._authentic(headers, body)]

    def _authentic(self, headers: Mapping[str, str], body: bytes) -> list[dict[str, Any]]:
        """The age of the timestamp is not judged: a receipt may be tried for 22 hours, and a replay changes nothing."""
        nonce, at = (webhooks.header(headers, f"{SIGNATURE}-{name}") or "" for name in ("nonce", "timestamp"))
        signed = b".".join([body, nonce.encode(), at.encode()])
        webhooks.prove(webhooks.header(headers, SIGNATURE), webhooks.signatures(self._secrets, signed, "sha256"))
        return webhooks.elements(body)

    def _call(self, connection: Connection, items: Sequence[Item], seconds: float) -> CallResult:
        return self._post(
            connection,
            self._batches,
            items,
            encode=lambda: self._body(items),
            read=lambda reply: CallResult(_outcomes(items, reply), raw_status=reply.status),
            seconds=seconds,
        )

    def _body(self, items: Sequence[Item]) -> bytes:
        body = {
            "from": items[0].sender.removeprefix("+"),
            "to": [item.phone.removeprefix("+") for item in items],
            "body": items[0].text,
            "type": "mt_text",
            "delivery_report": "per_recipient",
            "expire_at": (datetime.now(UTC) + self._validity).isoformat(timespec="milliseconds"),
        }
        if len(items) == 1:
            body["client_reference"] = items[0].reference
        if self._webhook_url:
            body["callback_url"] = callbacks.address(self._webhook_url, items)
        return orjson.dumps(body)


def _outcomes(items: Sequence[Item], reply: Reply) -> list[Outcome]:
    """The batch's id with each number that the answer lists; what it does not list is unsure."""
    batch, numbers = "", set()
    match outcomes.read_json(reply.body):
        case {"id": str(batch), "to": [*listed]} if batch:
            numbers = {str(number).removeprefix("+") for number in listed}
    recipients = [item.phone.removeprefix("+") for item in items]
    return [
        Accepted(f"{batch}:{number}") if number in numbers else Unsure("not in the answer") for number in recipients
    ]


def _receipt(element: dict[str, Any], query: Mapping[str, str]) -> Receipt:
    batch, recipient = element.get("batch_id"), str(element.get("recipient") or "").removeprefix("+")
    identity = f"{batch}:{recipient}" if batch and recipient else None
    reference = callbacks.reference_of(query, recipient) or element.get("client_reference")
    return webhooks.receipt({**element, "id": identity, "reference": reference}, FIELDS, STATUSES, ERRORS)
