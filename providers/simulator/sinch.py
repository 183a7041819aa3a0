"""Sinch xms on the wire, from the provider's side: a batch is one text, accepted or refused as a whole."""

import base64
import hmac
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import orjson

from providers.callbacks import reference_of
from providers.simulator.dialect import REASONS, Answer, Dialect, Invalid, Post, Said, WordOf, instant, secret_of
from providers.simulator.fates import PENDING, REFUSALS, WORDS, Word
from providers.simulator.ledger import Ledger, Message
from providers.simulator.plan import ReceiptPlan

_SEND: Final = re.compile(r"/xms/v1/([^/]+)/batches").fullmatch
_REPORT: Final = re.compile(r"/xms/v1/[^/]+/batches/([^/]+)/delivery_report/(\d+)").fullmatch
_MSISDN: Final = re.compile(r"\+?([1-9]\d{7,14})").fullmatch
# By the code that the ledger keeps of each word: (status, code).
_WORDS: Final[dict[Word, tuple[str, int]]] = dict(
    zip(
        (*WORDS, PENDING),
        (
            ("Dispatched", 401),
            ("Delivered", 0),
            ("Failed", 402),
            ("Expired", 406),
            ("Rejected", 408),
            ("Teleported", 999),
            ("Queued", 400),
            ("Queued", 400),
        ),
        strict=True,
    )
)
_LARGEST: Final = 1000
# How far back a reference is looked for, in messages.
_FAR: Final = 10_000


class Sinch(Dialect):
    """POST and GET /xms/v1/{plan}/batches, GET /xms/v1/{plan}/batches/{id}/delivery_report/{number}."""

    name = "sinch"
    good = 201

    def key(self, headers: Mapping[str, str]) -> str | None:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        return token if scheme == "Bearer" else None

    def is_send(self, path: str) -> bool:
        return _SEND(path) is not None

    def is_look_up(self, path: str) -> bool:
        return path.startswith("/xms/v1/")

    def read(self, path: str, body: bytes) -> list[dict[str, Any]]:
        try:
            content = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Invalid({"code": "syntax_invalid_json", "text": "The body is not JSON"}) from error
        match content:
            case {"from": str(sender), "to": [*to], "body": str(text)} if text and 0 < len(to) <= _LARGEST:
                numbers = [_MSISDN(str(number)) for number in to]
            case _:
                raise Invalid({"code": "syntax_constraint_violation", "text": "needs from, to and body"})
        if not all(numbers) or len({number[1] for number in numbers if number}) < len(numbers):
            raise Invalid({"code": "syntax_invalid_parameter_format", "text": "to: numbers, each once"})
        account, sms = (_SEND(path) or [path, ""])[1], {"text": text, "sender": sender}
        callback, client = str(content.get("callback_url") or ""), content.get("client_reference")
        query = {name: values[0] for name, values in parse_qs(urlsplit(callback).query).items()}
        return [
            {
                "trafficAccountId": account,
                "destination": f"+{number[1]}",
                "sms": sms,
                "reference": client or reference_of(query, number[1]),
                "extra": {"dialect": self.name, "callback": callback, "client": client, "batch": ""},
            }
            for number in filter(None, numbers)
        ]

    def refusal(self, fates: Sequence[str]) -> Answer | None:
        if "busy" in fates:
            return Answer(429, self.error(429))
        return Answer(400, self.error(400)) if any(fate in REFUSALS for fate in fates) else None

    def reply(self, path: str, requests: Sequence[dict[str, Any]], fates: Sequence[str], taken: list[Message]) -> bytes:
        listed = [message for message, fate in zip(taken, fates, strict=True) if fate != "no_id"]
        return orjson.dumps(_batch(taken[0]["message_id"], taken[0], listed))

    def unclear(self, body: bytes, fault: str) -> bytes:
        return orjson.dumps({**orjson.loads(body), "id": None})

    def looked_up(self, address: SplitResult, ledger: Ledger, word_of: WordOf, *, echoes: bool) -> bytes | None:
        if asked := _REPORT(address.path):
            found = _recipient(ledger, unquote(asked[1]), asked[2])
            return found and orjson.dumps(_report(found[1], asked[1], word_of(*found), at=found[1]["at"]))
        wanted = parse_qs(address.query).get("client_reference", [""])[0]
        numbers = range(len(ledger) - 1, max(-1, len(ledger) - 1 - _FAR), -1)
        messages = (ledger.message(number) for number in numbers)
        found_batches = [
            _batch(message["message_id"], message, [message]) for message in messages if message.get("client") == wanted
        ]
        page = {"count": len(found_batches), "page": 0, "page_size": 30, "batches": found_batches[:30]}
        return orjson.dumps(page)

    def receipts(self, plan: ReceiptPlan, said: Sequence[Said], *, echoes: bool) -> Post:
        ((message, code, at),) = said
        report = _report(message, message["batch"], WORDS[code], at=at)
        return _post(plan, message["callback"] or plan.url or "", report)

    def inbound(self, plan: ReceiptPlan, content: dict[str, Any]) -> Post:
        said = {"type": "mo_text", "id": content.get("messageId"), "from": str(content.get("from", "")).lstrip("+")}
        said |= {"to": content.get("to"), "body": content.get("text"), "received_at": instant(time.time())}
        return _post(plan, plan.inbound_url or plan.url or "", said)

    def error(self, status: int, content: Any = None) -> bytes:
        return orjson.dumps(content or {"code": f"simulated_{status}", "text": REASONS.get(status, "Error")})


def _recipient(ledger: Ledger, batch: str, number: str) -> tuple[int, Message] | None:
    """The message to one number of a batch, which is known by the id of its first message."""
    found = ledger.find(batch)
    if found is None:
        return None
    for place in range(found[0], min(found[0] + _LARGEST, len(ledger))):
        message = ledger.message(place)
        if message.get("batch") == batch and message["destination"] == f"+{number}":
            return place, message
    return None


def _batch(batch: str, message: Message, listed: Sequence[Message]) -> dict[str, Any]:
    """A batch as the API shows it."""
    return {
        "id": batch,
        "to": [each["destination"].removeprefix("+") for each in listed],
        "from": message["sender"],
        "canceled": False,
        "body": message["text"],
        "type": "mt_text",
        "client_reference": message["client"],
        "callback_url": message["callback"],
        "created_at": instant(message["at"]),
        "modified_at": instant(message["at"]),
        "delivery_report": "per_recipient",
    }


def _report(message: Message, batch: str, word: Word, *, at: float) -> dict[str, Any]:
    """A recipient's delivery report; a repeated one is equal to the first."""
    status, code = _WORDS[word]
    report = {
        "type": "recipient_delivery_report_sms",
        "batch_id": batch,
        "recipient": message["destination"].removeprefix("+"),
        "code": code,
        "status": status,
        "at": instant(at),
        "operator_status_at": instant(at),
        "applied_originator": message["sender"],
        "number_of_message_parts": message["parts"],
    }
    return report | {"client_reference": message["client"]} if message["client"] else report


def _post(plan: ReceiptPlan, url: str, content: dict[str, Any]) -> Post:
    """A signature of the body, a nonce and the time."""
    body, secret, name = orjson.dumps(content), secret_of(plan), "x-sinch-webhook-signature"
    headers = {"Content-Type": "application/json"}
    if secret is not None:
        nonce, at = secrets.token_hex(13).upper(), str(int(time.time()))
        signed = hmac.digest(secret.encode(), body + f".{nonce}.{at}".encode(), "sha256")
        headers[name] = base64.b64encode(signed).decode()
        headers |= {f"{name}-nonce": nonce, f"{name}-timestamp": at, f"{name}-algorithm": "HmacSHA256"}
    return Post(url, headers, body)
