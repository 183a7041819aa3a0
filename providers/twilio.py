"""Twilio Programmable Messaging (public documentation; to verify with a live account, see docs/providers.md).

One recipient per call and no field for our reference: it travels in the query of the status callback's address, which
Twilio calls with every word about the message and covers with its signature.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar, Final
from urllib.parse import parse_qsl, quote, urlencode

from providers import bulk, callbacks, outcomes, webhooks
from providers.http import Connection, Reply
from providers.interface import (
    Accepted,
    AccountConfig,
    BadPayload,
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
    "accepted": "accepted", "scheduled": "queued", "queued": "queued", "sending": "queued",
    "sent": "sent", "partially_delivered": "sent",
    "delivered": "delivered", "read": "delivered",
    "undelivered": "undelivered", "failed": "undelivered", "canceled": "undelivered",
}
# fmt: on
# Twilio's error codes, of a refused call or of a receipt. A code that is not listed is a plain refusal.
ERRORS: Final[Errors] = webhooks.errors(
    ("invalid_number", False, "21211 21214 21217 21265 21266 21604 21614 21635 30005"),
    # 21610: the person has answered STOP, and Twilio keeps a list of its own.
    ("blocked_by_carrier", False, "21610 30004 30007 30034 30450"),
    ("provider_rejected", False, "21212 21408 21601 21602 21603 21606 21612 21617 21659 21660 30010"),
    ("unreachable", False, "30003 30006"),
    ("provider_error", False, "30001 30002 30009"),
    ("provider_error", True, "21611 20429"),
    ("expired", False, "30036"),
    ("other", False, "30008"),
)
FIELDS: Final = Fields(
    ids=("MessageSid", "SmsSid", "sid"),
    words=("MessageStatus", "SmsStatus", "status"),
    times=("date_updated",),
    reasons=("ErrorCode", "error_code"),
    parts=("num_segments",),
)
SIGNATURE: Final = "X-Twilio-Signature"
# Sent with a status callback's address, not part of what is signed: try again five times, also after a 5xx of ours.
RETRIES: Final = "#rc=5&rp=all"


class Twilio(HttpProvider):
    """Credentials: account_sid, auth_token (and auth_token_<any> while rotating); api_key and api_secret to call with.

    Options: webhook_url and inbound_url (the public addresses, exactly as Twilio calls them, without a query; without
    the first no receipts), max_batch (1000), validity_seconds (14400, at most 36000), ca_file. A sender that begins
    with "MG" is a messaging service.
    """

    name: ClassVar[str] = "twilio"

    def __init__(self, config: AccountConfig) -> None:
        account, token = needed(config, "account_sid"), needed(config, "auth_token")
        key = "api_secret" if config.credentials.get("api_secret") else "auth_token"
        user = account if key == "auth_token" else needed(config, "api_key")
        basic = b64encode(f"{user}:{config.credentials.get('api_secret') or token}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
        super().__init__(config, headers, key=key, secrets="auth_token", max_batch=1000)
        self._messages = f"/2010-04-01/Accounts/{quote(account, safe='')}/Messages"
        self._webhook_url = str(config.options.get("webhook_url", ""))
        self._inbound_url = str(config.options.get("inbound_url", ""))
        self._validity = str(int(config.options.get("validity_seconds", 14_400)))

    @property
    def capabilities(self) -> Capabilities:
        echoes = bool(self._webhook_url)
        return Capabilities(self._max_batch, echoes, echoes, True, False, True)

    def submit(self, connection: Connection, items: Sequence[Item], *, deadline_seconds: float) -> CallResult:
        self._check(items)
        each = [[item] for item in items]
        return bulk.in_turn(items, each, partial(self._call, connection), deadline_seconds=deadline_seconds)

    def lookup(self, provider_message_id: str, *, deadline_seconds: float = 10.0) -> Receipt | None:
        path = f"{self._messages}/{quote(provider_message_id, safe='')}.json"
        found = outcomes.looked_up(self._get(path, deadline_seconds))
        if found is None:
            return None
        return webhooks.receipt({"sid": provider_message_id, **found}, FIELDS, STATUSES, ERRORS)

    def parse_receipts(self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]) -> list[Receipt]:
        said = self._authentic(headers, body, self._webhook_url, query)
        reference = callbacks.reference_of(query, said.get("To", ""))
        return [webhooks.receipt({**said, "reference": reference}, FIELDS, STATUSES, ERRORS)]

    def parse_inbound(self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]) -> list[Inbound]:
        return [webhooks.inbound(self._authentic(headers, body, self._inbound_url, query), FIELDS)]

    def _authentic(self, headers: Mapping[str, str], body: bytes, url: str, query: Mapping[str, str]) -> dict[str, str]:
        """The form of a call whose signature covers its address and its sorted fields."""
        fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        address = f"{url}?{urlencode(query)}" if query else url
        signed = (address + "".join(name + value for name, value in sorted(set(fields)))).encode()
        webhooks.prove(webhooks.header(headers, SIGNATURE), webhooks.signatures(self._secrets, signed, "sha1"))
        if not any(name in FIELDS.ids for name, _ in fields):
            raise BadPayload("no message id")
        return dict(fields)

    def _call(self, connection: Connection, one: Sequence[Item], seconds: float) -> CallResult:
        return self._post(
            connection,
            f"{self._messages}.json",
            one,
            encode=lambda: self._form(one[0]),
            read=lambda reply: CallResult([_outcome(reply)], raw_status=reply.status),
            known=ERRORS,
            seconds=seconds,
        )

    def _form(self, item: Item) -> bytes:
        sender = "MessagingServiceSid" if item.sender.startswith("MG") and len(item.sender) == 34 else "From"
        form = {"To": item.phone, sender: item.sender, "Body": item.text, "ValidityPeriod": self._validity}
        if self._webhook_url:
            form["StatusCallback"] = callbacks.address(self._webhook_url, [item]) + RETRIES
        return urlencode(form).encode()


def _outcome(reply: Reply) -> Outcome:
    answer = outcomes.read_json(reply.body)
    sid = webhooks.word(answer, ("sid",)) if isinstance(answer, dict) else None
    return Accepted(sid, webhooks.count(answer, FIELDS.parts)) if sid else Unsure(f"HTTP {reply.status} without an id")
