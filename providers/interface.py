"""What a provider is to the rest of the system: what goes in, the three outcomes, receipts.

Outside `providers` nobody knows a provider's name, words or codes: adapters translate them into the vocabulary below.

    ProviderError
    ├── ProviderDown    could not be reached or asked: surely nothing was sent; release the claim, come back later
    ├── RouteRefused    it refused our credentials at a look-up: stop the route, page someone, fail no rows
    ├── BadConfig       the account's settings cannot work (missing key, unusable address): tell staff, send nothing
    ├── BadSignature    a webhook call that is not the provider's: answer 401, store nothing
    └── BadPayload      signed by the provider but unreadable: store it raw, answer 2xx, alarm
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final, Literal, NamedTuple

from providers.http import Connection

ErrorClass = Literal[
    "invalid_number",
    "blocked_by_carrier",
    "unreachable",
    "provider_rejected",
    "provider_error",
    "route_down",
    "exhausted",
    "expired",
    "other",
]
ReceiptStatus = Literal["accepted", "queued", "sent", "buffered", "undelivered", "expired", "delivered", "unknown"]
RouteFault = Literal["credentials", "balance"]

# The highest rank wins, whatever the order of arrival, so no two ends share one; "unknown" is a word of theirs that we
# do not know: it proves that they have the message and moves nothing else, and is kept raw. A late "delivered" beats an
# early "undelivered".
RANKS: Final[dict[str, int]] = {
    "unknown": 0,
    "accepted": 1,
    "queued": 1,
    "sent": 2,
    "buffered": 3,
    "undelivered": 8,
    "expired": 7,
    "delivered": 9,
}


class ProviderError(Exception):
    """Anything an adapter raises; the subclasses are the decisions."""


class ProviderDown(ProviderError):
    """Could not be reached or asked: surely nothing was sent."""


class RouteRefused(ProviderError):
    """The provider refused our credentials."""


class BadConfig(ProviderError):
    """The provider account's settings cannot work."""


class BadSignature(ProviderError):
    """The webhook call is not from the provider."""


class BadPayload(ProviderError):
    """The webhook call is from the provider, but unreadable."""


class Item(NamedTuple):
    """One message to hand over. `phone` is E.164 with "+"; `reference` is ours, opaque, unique per attempt."""

    reference: str
    phone: str
    text: str
    sender: str


class Accepted(NamedTuple):
    """The provider took the message: it is billed. `parts` only when the provider says how many it counted."""

    provider_message_id: str
    parts: int | None = None


class Refused(NamedTuple):
    """An explicit no, in the provider's own words (`code`): not sent, not billed. `retryable`: may pass later."""

    error_class: ErrorClass
    code: str
    retryable: bool


class Unsure(NamedTuple):
    """Nobody can say whether it was sent: never send it again by yourself, wait for evidence."""

    reason: str


Outcome = Accepted | Refused | Unsure


@dataclass(frozen=True, slots=True)
class CallResult:
    """What one call of `submit` came to.

    outcomes     one per item, in the order of the items
    retry_after  seconds the provider asks us to wait, from now
    not_sent     what did not get through is provably unsent or documented as not processed: the call is given back to
                 the retry budget
    route_fault  the account is the problem: stop the route, fail no rows
    split        refused as a whole for what is in it (or its size): hand it over again in halves, which ends because a
                 single refused item is final. Only ever set with more than one item
    raw_status   the HTTP status, None when there was none
    note         for logs: no phone numbers, no credentials, no message text
    """

    outcomes: list[Outcome]
    retry_after: float | None = None
    not_sent: bool = False
    route_fault: RouteFault | None = None
    split: bool = False
    raw_status: int | None = None
    note: str = ""


class Receipt(NamedTuple):
    """One word about one message. `dedupe` is equal for a repeated delivery of the same word, within one account."""

    dedupe: str
    reference: str | None
    provider_message_id: str | None
    status: ReceiptStatus
    raw_status: str
    error_class: ErrorClass | None = None
    error_code: str | None = None
    at: datetime | None = None
    parts: int | None = None


class Inbound(NamedTuple):
    """An SMS from a person to one of our numbers. Without an id of theirs, `dedupe` is a hash of all that it says."""

    dedupe: str
    provider_message_id: str | None
    from_phone: str
    to: str | None
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccountConfig:
    """How to reach one account at a provider. The credentials are in no repr, so in no log and no traceback line."""

    base_url: str
    credentials: Mapping[str, str] = field(repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)


class Capabilities(NamedTuple):
    """What an account at this provider can do.

    max_batch            items per call
    per_item_reference   our reference travels with each item
    echoes_reference     receipts carry it back, so a lost reply can be settled by a receipt
    lookup_by_id, lookup_by_reference   a message's status can be asked for
    signature            webhook calls prove where they come from
    """

    max_batch: int
    per_item_reference: bool
    echoes_reference: bool
    lookup_by_id: bool
    lookup_by_reference: bool
    signature: bool


class Provider(ABC):
    """One account at one provider. Safe to share between threads: a connection belongs to the thread that opened it."""

    name: ClassVar[str]

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What this account can do."""

    @abstractmethod
    def connect(self, deadline_seconds: float) -> Connection:
        """Open (or take this thread's fresh) connection: DNS, TCP and TLS are done before anything is at stake.

        Raises ProviderDown: surely nothing was sent.
        """

    @abstractmethod
    def submit(self, connection: Connection, items: Sequence[Item], *, deadline_seconds: float) -> CallResult:
        """Hand the items over in exactly one call.

        Where the provider has no call for many, in several, one after the other: it ends with the first that is unsure,
        not processed, or refused for the account; the items after it come back as refused, retryable, "not_called".
        No retry, no redirect; ends within `deadline_seconds` in total, also when the answer drips. Never raises for
        what a provider or network does: that is in the result. ValueError: no items, or more than `max_batch`.
        """

    @abstractmethod
    def lookup(self, provider_message_id: str, *, deadline_seconds: float = 10.0) -> Receipt | None:
        """Ask for a message's status; None when the provider does not know the id.

        Raises ProviderDown when it could not be asked, RouteRefused when it refuses our credentials.
        """

    def lookup_reference(self, reference: str, *, deadline_seconds: float = 10.0) -> Receipt | None:
        """Ask for a message by our reference, where `capabilities.lookup_by_reference` says so.

        None is no evidence: neither that it was sent nor that it was not. Raises as `lookup` does.
        """
        return None

    @abstractmethod
    def parse_receipts(self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]) -> list[Receipt]:
        """Read a delivery webhook: signature over the raw body first. Raises BadSignature, BadPayload."""

    @abstractmethod
    def parse_inbound(self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]) -> list[Inbound]:
        """Read an inbound-SMS webhook: signature over the raw body first. Raises BadSignature, BadPayload."""
