"""Mitto, API v1.1 (public documentation and client code; to verify with a live account before launch, see README).

Bulk replies carry no number, ids belong to items by position: each number once per call, or the reply settles nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final
from urllib.parse import quote

import orjson

from providers import bulk, outcomes, webhooks
from providers.http import Connection, Endpoint, Interrupted, NotSent, Reply, ThreadConnections
from providers.interface import (
    Accepted,
    AccountConfig,
    BadConfig,
    CallResult,
    Capabilities,
    Inbound,
    Item,
    Outcome,
    Provider,
    ProviderDown,
    Receipt,
    ReceiptStatus,
    Refused,
    Unsure,
)
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
)
TOKEN, SIGNATURE = "X-Webhook-Token", "X-Webhook-Signature"
MESSAGES: Final = "/api/v1.1/Messages"


class Mitto(Provider):
    """Credentials: api_key, traffic_account_id, webhook_secret (and webhook_secret_<any> while rotating).

    Options: max_batch (1000), sends_reference, echoes_reference (implies sending; both False until verified), ca_file.
    """

    name: ClassVar[str] = "mitto"

    def __init__(self, config: AccountConfig) -> None:
        credentials, options = config.credentials, config.options
        try:
            self._key, self._account = credentials["api_key"], credentials["traffic_account_id"]
            endpoint = Endpoint.of(config.base_url)
        except (KeyError, ValueError) as error:
            raise BadConfig(str(error)) from error
        self._secrets = [value for name, value in credentials.items() if name.startswith("webhook_secret") and value]
        self._echoes = bool(options.get("echoes_reference", False))
        self._sends = self._echoes or bool(options.get("sends_reference", False))
        self._max_batch = int(options.get("max_batch", 1000))
        self._connections = ThreadConnections(endpoint, ca_file=options.get("ca_file"))

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(self._max_batch, self._sends, self._echoes, True, False, bool(self._secrets))

    def connect(self, deadline_seconds: float) -> Connection:
        try:
            return self._connections.get(deadline_seconds)
        except NotSent as error:
            raise ProviderDown(str(error)) from error

    def submit(self, connection: Connection, items: Sequence[Item], *, deadline_seconds: float) -> CallResult:
        if not 0 < len(items) <= self._max_batch:
            raise ValueError(f"1 to {self._max_batch} items per call, not {len(items)}")
        return bulk.submit_unique(items, lambda some: self._call(connection, some, deadline_seconds))

    def lookup(self, provider_message_id: str, *, deadline_seconds: float = 10.0) -> Receipt | None:
        path = f"{MESSAGES}/{quote(provider_message_id, safe='')}"
        try:
            reply = self._exchange(self.connect(deadline_seconds), "GET", path, None, deadline_seconds)
        except (NotSent, Interrupted) as error:
            raise ProviderDown(str(error)) from error
        found = outcomes.looked_up(reply)
        if found is None:
            return None
        return webhooks.receipt({"messageId": provider_message_id, **found}, FIELDS, STATUSES, ERRORS)

    def parse_receipts(self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]) -> list[Receipt]:
        return [webhooks.receipt(element, FIELDS, STATUSES, ERRORS) for element in self._authentic(headers, body)]

    def parse_inbound(self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]) -> list[Inbound]:
        return [webhooks.inbound(element, FIELDS) for element in self._authentic(headers, body)]

    def _authentic(self, headers: Mapping[str, str], body: bytes) -> list[dict[str, Any]]:
        return webhooks.authentic(headers, body, self._secrets, token=TOKEN, signature=SIGNATURE)

    def _call(self, connection: Connection, items: Sequence[Item], deadline_seconds: float) -> CallResult:
        try:
            body = orjson.dumps({"messages": [self._message(item) for item in items]})
            reply = self._exchange(connection, "POST", f"{MESSAGES}/sendmessagesbulk", body, deadline_seconds)
        except orjson.JSONEncodeError:
            return outcomes.unserialisable(items)
        except NotSent as error:
            return outcomes.not_sent(items, str(error))
        except Interrupted as error:
            return outcomes.unsure(items, str(error))
        if not 200 <= reply.status < 300:
            return outcomes.not_accepted(items, reply, hide=self._key)
        return bulk.by_position(items, reply, list_name="messages", outcome_of=_outcome)

    def _message(self, item: Item) -> dict[str, Any]:
        content = {"text": item.text, "sender": item.sender}
        message = {"trafficAccountId": self._account, "destination": item.phone, "sms": content}
        return message | {"reference": item.reference} if self._sends else message

    def _exchange(self, connection: Connection, method: str, path: str, body: bytes | None, seconds: float) -> Reply:
        headers = {"X-Mitto-API-Key": self._key, "Content-Type": "application/json"}
        return connection.exchange(method, path, headers=headers, body=body, deadline_seconds=seconds)


def _outcome(entry: dict[str, Any]) -> Outcome:
    message_id, error = webhooks.word(entry, FIELDS.ids), webhooks.first(entry, ("error", "errors", "errorCode"))
    if error is None:
        return Accepted(message_id, webhooks.count(entry, "messageParts")) if message_id else Unsure("no id, no error")
    code = webhooks.code(error)
    known = ERRORS.get(webhooks.plain(code))
    if known is None or message_id:
        return Unsure(f"error {code}" + (" with an id" if message_id else ""))
    return Refused(known[0], code, retryable=known[1])
