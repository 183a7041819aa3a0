"""Mitto v1.1 on the wire, from the provider's side: reading requests, writing replies and receipts."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
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


class Invalid(Exception):
    """The request cannot be read; the argument is the error body."""


def read_messages(body: bytes, *, bulk: bool) -> list[dict[str, Any]]:
    """The messages of a send request, checked but as they came. Raises Invalid with what a 400 says."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Invalid({"message": "The body is not JSON"}) from error
    messages = content.get("messages") if bulk and isinstance(content, dict) else [content]
    if not isinstance(messages, list) or not messages:
        raise Invalid({"message": "messages is required"})
    for position, message in enumerate(messages):
        if wrong := _wrong(message):
            raise Invalid({"message": REASONS[400], "errors": {f"messages[{position}]": [wrong]}})
    return messages


def _wrong(message: Any) -> str | None:
    try:
        sms = message["sms"]
        if not (message["trafficAccountId"] and _E164(message["destination"])):
            return "needs trafficAccountId and an E.164 destination"
        return None if sms["text"] and 1 <= len(sms["sender"]) <= 16 else "needs text and sender"
    except (KeyError, TypeError):
        return "needs trafficAccountId, destination, sms.text and sms.sender"


def error(status: int, content: dict[str, Any] | None = None) -> bytes:
    """The body of an answer that is no success."""
    return orjson.dumps(content or {"message": REASONS.get(status, "Error"), "status": status})


def refusal(account: str, code: str) -> dict[str, Any]:
    """The entry of a refused item in a send reply; that of an accepted one has a messageId instead of the error."""
    return {"trafficAccountId": account, "error": {"code": code, "message": f"The message was refused: {code}"}}


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
