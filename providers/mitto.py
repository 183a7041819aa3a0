"""Mitto, API v1.1 (public documentation and client code; to verify with a live account, see docs/providers.md).

Bulk replies carry no number, ids belong to items by position: each number once per call, or the reply settles nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final
from urllib.parse import quote

import orjson

from providers import bulk, outcomes, webhooks
from providers.http import Connection
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
    Refused,
    Unsure,
)
from providers.over_http import HttpProvider, needed
from providers.webhooks import Errors, Fields

# fmt: off
STATUSES: Final[dict[str, ReceiptStatus]] = {
    "pending": "queued", "queued": "queued", "accepted": "queued", "acceptd": "queued", "submitted": "queued",
    "sent": "sent", "enroute": "sent", "buffered": "buffered",
    "delivered": "delivered", "delivrd": "delivered", "completed": "delivered", "ok": "delivered", "read": "delivered",
    "failure": "undelivered", "failed": "undelivered", "undelivered": "undelivered", "undeliv": "undelivered",
    "rejected": "undelivered", "rejectd": "undelivered", "error": "undelivered", "deleted": "undelivered",
    "expired": "expired",
}
# fmt: on
# An item's error or a receipt's description -> our class, may a later attempt pass. What is not listed is not guessed.
ERRORS: Final[Errors] = webhooks.errors(
    ("invalid_number", False, "invaliddestination invalidnumber invalidreceiver unknownsubscriber 7 8"),
    ("provider_rejected", False, "rejected invalidsender invalidtext 2 3 4 5 6"),
    ("blocked_by_carrier", False, "blocked blockedbycarrier spam optedout"),
    ("unreachable", False, "unreachable absentsubscriber noroute unroutable"),
    ("expired", False, "expired"),
    ("provider_error", True, "queuefull throttled busy"),
)
FIELDS: Final = Fields(
    ids=("messageId", "id", "MessageId", "message_id"),
    words=("deliveryStatus", "status", "Status", "dlr_status", "delivery_status"),
    times=("updatedAt", "doneAt", "timestamp", "Timestamp", "createdAt"),
    reasons=("error", "Error", "description", "errorMessage"),
    events=("eventId", "event_id", "EventId", "eventID"),
    parts=("messageParts",),
)
TOKEN, SIGNATURE = "X-Webhook-Token", "X-Webhook-Signature"
MESSAGES: Final = "/api/v1.1/Messages"


class Mitto(HttpProvider):
    """Credentials: api_key, traffic_account_id, webhook_secret (and webhook_secret_<any> while rotating).

    Options: max_batch (1000), sends_reference, echoes_reference (implies sending; both False until verified), ca_file.
    """

    name: ClassVar[str] = "mitto"

    def __init__(self, config: AccountConfig) -> None:
        headers = {"X-Mitto-API-Key": needed(config, "api_key"), "Content-Type": "application/json"}
        super().__init__(config, headers, key="api_key", secrets="webhook_secret", max_batch=1000)
        self._account = needed(config, "traffic_account_id")
        self._echoes = bool(config.options.get("echoes_reference", False))
        self._sends = self._echoes or bool(config.options.get("sends_reference", False))

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(self._max_batch, self._sends, self._echoes, True, False, bool(self._secrets))

    def submit(self, connection: Connection, items: Sequence[Item], *, deadline_seconds: float) -> CallResult:
        self._check(items)
        return bulk.submit_unique(items, lambda some: self._call(connection, some, deadline_seconds))

    def lookup(self, provider_message_id: str, *, deadline_seconds: float = 10.0) -> Receipt | None:
        found = outcomes.looked_up(self._get(f"{MESSAGES}/{quote(provider_message_id, safe='')}", deadline_seconds))
        if found is None:
            return None
        return webhooks.receipt({"messageId": provider_message_id, **found}, FIELDS, STATUSES, ERRORS)

    def parse_receipts(self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]) -> list[Receipt]:
        return [webhooks.receipt(element, FIELDS, STATUSES, ERRORS) for element in self._authentic(headers, body)]

    def parse_inbound(self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]) -> list[Inbound]:
        return [webhooks.inbound(element, FIELDS) for element in self._authentic(headers, body)]

    def _authentic(self, headers: Mapping[str, str], body: bytes) -> list[dict[str, Any]]:
        return webhooks.authentic(headers, body, self._secrets, token=TOKEN, signature=SIGNATURE)

    def _call(self, connection: Connection, items: Sequence[Item], seconds: float) -> CallResult:
        return self._post(
            connection,
            f"{MESSAGES}/sendmessagesbulk",
            items,
            encode=lambda: orjson.dumps({"messages": [self._message(item) for item in items]}),
            read=lambda reply: bulk.by_position(items, reply, list_name="messages", outcome_of=_outcome),
            seconds=seconds,
        )

    def _message(self, item: Item) -> dict[str, Any]:
        content = {"text": item.text, "sender": item.sender}
        message = {"trafficAccountId": self._account, "destination": item.phone, "sms": content}
        return message | {"reference": item.reference} if self._sends else message


def _outcome(entry: dict[str, Any]) -> Outcome:
    message_id, error = webhooks.word(entry, FIELDS.ids), webhooks.first(entry, ("error", "errors", "errorCode"))
    if error is None:
        return Accepted(message_id, webhooks.count(entry, FIELDS.parts)) if message_id else Unsure("no id, no error")
    code = webhooks.code(error)
    known = ERRORS.get(webhooks.plain(code))
    if known is None or message_id:
        return Unsure(f"error {code}" + (" with an id" if message_id else ""))
    return Refused(known[0], code, retryable=known[1])
