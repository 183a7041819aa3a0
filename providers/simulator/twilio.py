"""Twilio on the wire, from the provider's side: a form per message, a signed form per word about it."""

import base64
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import SplitResult, parse_qs, parse_qsl, urlencode, urlsplit

import orjson

from providers.simulator.dialect import REASONS, Answer, Dialect, Invalid, Post, Said, WordOf, secret_of
from providers.simulator.fates import PENDING, WORDS, Word
from providers.simulator.ledger import Ledger, Message
from providers.simulator.plan import ReceiptPlan

_SEND: Final = re.compile(r"/2010-04-01/Accounts/([^/]+)/Messages\.json").fullmatch
_LOOK_UP: Final = re.compile(r"/2010-04-01/Accounts/[^/]+/Messages/SM([0-9a-f]{26})0{6}\.json").fullmatch
# By the code that the ledger keeps of each word: (MessageStatus, ErrorCode).
_WORDS: Final[dict[Word, tuple[str, int | None]]] = dict(
    zip(
        (*WORDS, PENDING),
        (
            ("sent", None),
            ("delivered", None),
            ("undelivered", 30003),
            ("undelivered", 30036),
            ("undelivered", 30007),
            ("teleported", None),
            ("sending", None),
            ("queued", None),
        ),
        strict=True,
    )
)
_REFUSALS: Final = {"invalid": 21211, "busy": 21611, "opted_out": 21610}
_CODES: Final = {401: 20003, 403: 20005, 404: 20404, 429: 20429}


class Twilio(Dialect):
    """POST /2010-04-01/Accounts/{sid}/Messages.json, GET /2010-04-01/Accounts/{sid}/Messages/{sid}.json."""

    name = "twilio"
    good = 201

    def key(self, headers: Mapping[str, str]) -> str | None:
        scheme, _, encoded = headers.get("authorization", "").partition(" ")
        if scheme != "Basic":
            return None
        return base64.b64decode(encoded).decode("utf-8", "replace").partition(":")[2]

    def is_send(self, path: str) -> bool:
        return _SEND(path) is not None

    def is_look_up(self, path: str) -> bool:
        return path.startswith("/2010-04-01/")

    def read(self, path: str, body: bytes) -> list[dict[str, Any]]:
        form = dict(parse_qsl(body.decode("utf-8", "replace")))
        for name, code in (("To", 21604), ("Body", 21602)):
            if name not in form:
                raise Invalid(_error(code, 400, f"{name} is required"))
        sender = form.get("From") or form.get("MessagingServiceSid")
        if not sender:
            raise Invalid(_error(21603, 400, "From is required"))
        callback = form.get("StatusCallback", "").partition("#")[0]
        account = (_SEND(path) or [path, ""])[1]
        return [
            {
                "trafficAccountId": account,
                "destination": form["To"],
                "sms": {"text": form["Body"], "sender": sender},
                "reference": parse_qs(urlsplit(callback).query).get("ref", [None])[0],
                "extra": {"dialect": self.name, "callback": callback},
            }
        ]

    def refusal(self, fates: Sequence[str]) -> Answer | None:
        code = _REFUSALS.get(fates[0])
        return Answer(400, orjson.dumps(_error(code, 400, "The message was refused"))) if code else None

    def reply(self, path: str, requests: Sequence[dict[str, Any]], fates: Sequence[str], taken: list[Message]) -> bytes:
        content = _resource(taken[0], PENDING)
        return orjson.dumps(content | {"sid": None} if fates[0] == "no_id" else content)

    def unclear(self, body: bytes, fault: str) -> bytes:
        return orjson.dumps({**orjson.loads(body), "sid": None})

    def looked_up(self, address: SplitResult, ledger: Ledger, word_of: WordOf, *, echoes: bool) -> bytes | None:
        asked = _LOOK_UP(address.path)
        found = ledger.find(asked[1].upper()) if asked else None
        return found and orjson.dumps(_resource(found[1], word_of(*found)))

    def receipts(self, plan: ReceiptPlan, said: Sequence[Said], *, echoes: bool) -> Post:
        ((message, code, _),) = said
        status, error = _WORDS[WORDS[code]]
        form = {"MessageSid": _sid(message), "MessageStatus": status, "SmsSid": _sid(message), "SmsStatus": status}
        form |= {"To": message["destination"], "From": message["sender"], "AccountSid": message["account"]}
        form |= {"ApiVersion": "2010-04-01"} | ({"ErrorCode": str(error)} if error else {})
        return _post(plan, message["callback"] or plan.url or "", form)

    def inbound(self, plan: ReceiptPlan, content: dict[str, Any]) -> Post:
        form = {"From": content.get("from"), "To": content.get("to"), "Body": content.get("text")}
        form |= {"MessageSid": content.get("messageId"), "NumMedia": "0", "SmsStatus": "received"}
        said = {name: str(value) for name, value in form.items() if value is not None}
        return _post(plan, plan.inbound_url or plan.url or "", said)

    def error(self, status: int, content: Any = None) -> bytes:
        return orjson.dumps(content or _error(_CODES.get(status, 20001), status, REASONS.get(status, "Error")))


def _error(code: int, status: int, message: str) -> dict[str, Any]:
    return {"code": code, "message": message, "more_info": f"https://h.example/errors/{code}", "status": status}


def _sid(message: Message) -> str:
    return f"SM{message['message_id'].lower()}000000"


def _resource(message: Message, word: Word) -> dict[str, Any]:
    """A message as the API shows it."""
    status, error = _WORDS[word]
    at = format_datetime(datetime.fromtimestamp(message["at"], UTC))
    return {
        "sid": _sid(message),
        "account_sid": message["account"],
        "status": status,
        "error_code": error,
        "error_message": None,
        "num_segments": str(message["parts"]),
        "to": message["destination"],
        "from": message["sender"],
        "body": message["text"],
        "price": None,
        "date_created": at,
        "date_updated": at,
    }


def _post(plan: ReceiptPlan, url: str, form: dict[str, str]) -> Post:
    """A form whose signature covers the address and the sorted fields."""
    headers, secret = {"Content-Type": "application/x-www-form-urlencoded"}, secret_of(plan)
    if secret is not None:
        signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
        headers["X-Twilio-Signature"] = base64.b64encode(hmac.digest(secret.encode(), signed.encode(), "sha1")).decode()
    return Post(url, headers, urlencode(form).encode())
