"""Mitto v1.1 on the wire, from the provider's side: the only format with bulk replies and bulk receipts."""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import SplitResult, unquote
from uuid import uuid4

import orjson

from providers.simulator.dialect import REASONS, Answer, Dialect, Invalid, Post, Said, WordOf, instant
from providers.simulator.fates import REFUSALS, WORDS, Word
from providers.simulator.ledger import Ledger, Message
from providers.simulator.plan import ReceiptPlan

MESSAGES: Final = "/api/v1.1/Messages"
_E164: Final = re.compile(r"\+[1-9]\d{1,14}").fullmatch


class Mitto(Dialect):
    """POST /api/v1.1/Messages/send and /sendmessagesbulk, GET /api/v1.1/Messages/{messageId}."""

    name = "mitto"
    good = 200
    batches = True

    def key(self, headers: Mapping[str, str]) -> str | None:
        return headers.get("x-mitto-api-key")

    def is_send(self, path: str) -> bool:
        return path in {f"{MESSAGES}/send", f"{MESSAGES}/sendmessagesbulk"}

    def is_look_up(self, path: str) -> bool:
        return path.startswith(f"{MESSAGES}/")

    def read(self, path: str, body: bytes) -> list[dict[str, Any]]:
        try:
            content = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Invalid({"message": "The body is not JSON"}) from error
        messages = content.get("messages") if path.endswith("bulk") and isinstance(content, dict) else [content]
        if not isinstance(messages, list) or not messages:
            raise Invalid({"message": "messages is required"})
        for position, message in enumerate(messages):
            if wrong := _wrong(message):
                raise Invalid({"message": REASONS[400], "errors": {f"messages[{position}]": [wrong]}})
        return messages

    def refusal(self, fates: Sequence[str]) -> Answer | None:
        return None

    def reply(self, path: str, requests: Sequence[dict[str, Any]], fates: Sequence[str], taken: list[Message]) -> bytes:
        ids = iter([message["message_id"] for message in taken])
        accounts = [request["trafficAccountId"] for request in requests]
        content: dict[str, Any] = {"messages": [_entry(*pair, ids) for pair in zip(accounts, fates, strict=True)]}
        return orjson.dumps({"bulkId": str(uuid4()), **content} if path.endswith("bulk") else content)

    def unclear(self, body: bytes, fault: str) -> bytes:
        content = orjson.loads(body)
        entries = content["messages"]
        match fault:
            case "short":
                entries = entries[:-1]
            case "extra":
                entries = [*entries, {**entries[-1], "messageId": "01" + "Z" * 24}]
            case "duplicate_ids":
                entries = _doubled(entries)
        return orjson.dumps({**content, "messages": entries})

    def looked_up(self, address: SplitResult, ledger: Ledger, word_of: WordOf, *, echoes: bool) -> bytes | None:
        found = ledger.find(unquote(address.path.removeprefix(f"{MESSAGES}/")))
        return found and _status_reply(found[1], word_of(*found), echoes=echoes)

    def receipts(self, plan: ReceiptPlan, said: Sequence[Said], *, echoes: bool) -> Post:
        content = [_receipt(message, code, at=at, echoes=echoes) for message, code, at in said]
        return _post(plan, plan.url or "", content if len(content) > 1 else content[0])

    def inbound(self, plan: ReceiptPlan, content: dict[str, Any]) -> Post:
        return _post(plan, plan.inbound_url or plan.url or "", content)


def _entry(account: str, fate: str, ids: Iterator[str]) -> dict[str, Any]:
    """The entry of one item in a send reply, with an id or an error."""
    if fate in REFUSALS:
        code = REFUSALS[fate]
        return {"trafficAccountId": account, "error": {"code": code, "message": f"The message was refused: {code}"}}
    message_id = next(ids)
    return {"trafficAccountId": account} if fate == "no_id" else {"trafficAccountId": account, "messageId": message_id}


def _wrong(message: Any) -> str | None:
    try:
        sms = message["sms"]
        if not (message["trafficAccountId"] and _E164(message["destination"])):
            return "needs trafficAccountId and an E.164 destination"
        return None if sms["text"] and 1 <= len(sms["sender"]) <= 16 else "needs text and sender"
    except (KeyError, TypeError):
        return "needs trafficAccountId, destination, sms.text and sms.sender"


def _status_reply(message: Message, word: Word, *, echoes: bool) -> bytes:
    """The body of a look-up's 200."""
    content = {
        "messageId": message["message_id"],
        "text": message["text"],
        "sender": {"id": message["sender"], "name": message["sender"], "messagingAppIdentifier": message["sender"]},
        "conversation": {},
        "createdAt": instant(message["at"]),
        "updatedAt": instant(message["at"]),
        "trafficAccountId": message["account"],
        "deliveryStatus": word.status,
        "description": word.description,
        "messageParts": message["parts"],
        "requestInfo": {"sms": {}},
        "reference": message["reference"] if echoes else None,
        "mediaUrl": None,
        "quotedMessageId": None,
    }
    return orjson.dumps(content)


def _receipt(message: Message, code: int, *, at: float, echoes: bool) -> dict[str, Any]:
    """One element of a delivery webhook's body; a repeated receipt is equal to the first."""
    word = WORDS[code]
    content = {
        "messageId": message["message_id"],
        "deliveryStatus": word.status,
        "updatedAt": instant(at),
        "trafficAccountId": message["account"],
    }
    if word.description:
        content["description"] = word.description
    if echoes and message["reference"]:
        content["reference"] = message["reference"]
    return content


def _post(plan: ReceiptPlan, url: str, content: Any) -> Post:
    """A webhook's call that proves itself by the plan's `sign`: a token, a signature of the body, or both."""
    body, secret = orjson.dumps(content), "not-the-secret" if plan.sign == "wrong" else plan.secret
    headers = {"Content-Type": "application/json"}
    if plan.sign in {"token", "both", "wrong"} and secret:
        headers["X-Webhook-Token"] = secret
    if plan.sign in {"hmac", "both", "wrong"}:
        headers["X-Webhook-Signature"] = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return Post(url, headers, body)


def _doubled(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last accepted item has the id of the first. Never a refusal in its place: nobody could detect that lie."""
    accepted = [place for place, entry in enumerate(entries) if "messageId" in entry]
    if len(accepted) < 2:
        return [*entries, *entries]
    first, last = accepted[0], accepted[-1]
    return [*entries[:last], entries[first], *entries[last + 1 :]]
