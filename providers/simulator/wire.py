"""Mitto v1.1 on the wire, from the provider's side: reading requests, writing replies and receipts."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import uuid4

import orjson

from providers.simulator.fates import WORDS
from providers.simulator.plan import ReceiptPlan

MESSAGES: Final = "/api/v1.1/Messages"
_E164: Final = re.compile(r"\+[1-9]\d{1,14}").fullmatch
REASONS: Final = {
    400: "Validation failed",
    401: "Invalid API key",
    402: "Insufficient balance",
    403: "Traffic account not allowed",
    404: "Not found",
    413: "Too many messages",
    422: "Unprocessable",
    429: "Too many requests",
    500: "Internal error",
    502: "Bad gateway",
    503: "Service unavailable",
}


class Sent(NamedTuple):
    """One message of a request."""

    account: str
    destination: str
    sender: str
    text: str
    reference: str | None


class Invalid(Exception):
    """The request cannot be read; the argument is the error body."""


def read_messages(body: bytes, *, bulk: bool) -> list[Sent]:
    """The messages of a send request. Raises Invalid with what a 400 says."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Invalid({"message": "The body is not JSON"}) from error
    raw = content.get("messages") if bulk and isinstance(content, dict) else [content]
    if not isinstance(raw, list) or not raw:
        raise Invalid({"message": "messages is required"})
    return [_read_message(each, position) for position, each in enumerate(raw)]


def _read_message(raw: Any, position: int) -> Sent:
    sms = raw.get("sms") if isinstance(raw, dict) else None
    if not isinstance(sms, dict):
        raise _fault(position, "sms", "is required")
    account, destination = raw.get("trafficAccountId"), raw.get("destination")
    if not isinstance(account, str) or not account:
        raise _fault(position, "trafficAccountId", "is required")
    if not isinstance(destination, str) or not _E164(destination):
        raise _fault(position, "destination", "must be E.164")
    text, sender = sms.get("text"), sms.get("sender")
    if not isinstance(text, str) or not text or not isinstance(sender, str) or not 1 <= len(sender) <= 16:
        raise _fault(position, "sms", "needs text and sender")
    return Sent(account, destination, sender, text, raw.get("reference"))


def _fault(position: int, name: str, said: str) -> Invalid:
    return Invalid({"message": REASONS[400], "errors": {f"messages[{position}].{name}": [said]}})


def error(status: int, content: dict[str, Any] | None = None) -> bytes:
    """The body of an answer that is no success."""
    return orjson.dumps(content or {"message": REASONS.get(status, "Error"), "status": status})


def entry(message: Sent, *, message_id: str | None = None, error: str | None = None) -> dict[str, Any]:
    """One entry of a send reply: no destination, no reference, as with the real one."""
    content: dict[str, Any] = {"trafficAccountId": message.account}
    if message_id is not None:
        content["messageId"] = message_id
    if error is not None:
        content["error"] = {"code": error, "message": f"The message was refused: {error}"}
    return content


def reply(entries: Sequence[dict[str, Any]], *, bulk: bool) -> bytes:
    """The body of a 200."""
    content: dict[str, Any] = {"messages": entries}
    return orjson.dumps({"bulkId": str(uuid4()), **content} if bulk else content)


def status_reply(message: dict[str, Any], *, status: str, description: str | None, echoes: bool) -> bytes:
    """The body of a look-up's 200."""
    content = {
        "messageId": message["message_id"],
        "text": message["text"],
        "sender": {"id": message["sender"], "name": message["sender"], "messagingAppIdentifier": message["sender"]},
        "conversation": {},
        "createdAt": _instant(message["at"]),
        "updatedAt": _instant(message["at"]),
        "trafficAccountId": message["account"],
        "deliveryStatus": status,
        "description": description,
        "messageParts": message["parts"],
        "requestInfo": {"sms": {}},
        "reference": message["reference"] if echoes else None,
        "mediaUrl": None,
        "quotedMessageId": None,
    }
    return orjson.dumps(content)


def receipt(message: dict[str, Any], code: int, *, at: float, echoes: bool) -> dict[str, Any]:
    """One element of a delivery webhook's body; a repeated receipt is equal to the first."""
    word = WORDS[code]
    content = {
        "messageId": message["message_id"],
        "deliveryStatus": word.status,
        "updatedAt": _instant(at),
        "trafficAccountId": message["account"],
    }
    if word.description:
        content["description"] = word.description
    if echoes and message["reference"]:
        content["reference"] = message["reference"]
    return content


def webhook_headers(plan: ReceiptPlan, body: bytes) -> dict[str, str]:
    """How the call proves itself, by the plan's `sign`."""
    secret = "not-the-secret" if plan.sign == "wrong" else plan.secret
    headers = {"Content-Type": "application/json"}
    if plan.sign in {"token", "both", "wrong"} and secret:
        headers["X-Webhook-Token"] = secret
    if plan.sign in {"hmac", "both", "wrong"}:
        headers["X-Webhook-Signature"] = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return headers


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
