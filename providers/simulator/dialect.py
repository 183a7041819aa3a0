"""What a wire format is to the simulator, from the provider's side."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, NamedTuple
from urllib.parse import SplitResult

import orjson

from providers.simulator.fates import Word
from providers.simulator.ledger import Ledger, Message
from providers.simulator.plan import ReceiptPlan

# Faults after which the answer is a good one that cannot be read: where it is not a list, the ids are left out.
UNCLEAR: Final = frozenset({"short", "extra", "duplicate_ids"})
REASONS: Final = {
    400: "Validation failed",
    401: "Invalid API key",
    402: "Insufficient balance",
    403: "Account not allowed",
    404: "Not found",
    413: "Too many messages",
    422: "Unprocessable",
    429: "Too many requests",
    500: "Internal error",
    502: "Bad gateway",
    503: "Service unavailable",
}

# A word about a message: its code in WORDS, and when it was said (seconds since 1970).
Said = tuple[Message, int, float]
# What a look-up says about a message, by its number.
WordOf = Callable[[int, Message], Word]


class Invalid(Exception):
    """The request cannot be read; the argument is what a 400 says."""


class Answer(NamedTuple):
    """What to reply. `fault` is one that the HTTP server plays on the wire: "ok" for a plain reply of `body`."""

    status: int
    body: bytes
    fault: str = "ok"
    retry_after: float | None = None


class Post(NamedTuple):
    """One call of a webhook."""

    url: str
    headers: dict[str, str]
    body: bytes


class Dialect(ABC):
    """One provider's wire format. Requests have Mitto's shape: trafficAccountId, destination, sms, reference.

    What a receipt needs besides is in their `extra`, which the ledger keeps.
    """

    name: ClassVar[str]
    good: ClassVar[int]
    # How many receipts may go in one call.
    batches: ClassVar[bool] = False

    @abstractmethod
    def key(self, headers: Mapping[str, str]) -> str | None:
        """The credential of a request; `headers` have lower-case names."""

    @abstractmethod
    def is_send(self, path: str) -> bool:
        """Whether a POST to this path hands messages over."""

    @abstractmethod
    def is_look_up(self, path: str) -> bool:
        """Whether a GET of this path asks for messages."""

    @abstractmethod
    def read(self, path: str, body: bytes) -> list[dict[str, Any]]:
        """The messages of a send request. Raises Invalid."""

    @abstractmethod
    def refusal(self, fates: Sequence[str]) -> Answer | None:
        """The answer to a call that is refused as a whole because of these fates; None when it is not."""

    @abstractmethod
    def reply(self, path: str, requests: Sequence[dict[str, Any]], fates: Sequence[str], taken: list[Message]) -> bytes:
        """The body of a good answer; `taken` are the accepted messages, with their ids."""

    @abstractmethod
    def unclear(self, body: bytes, fault: str) -> bytes:
        """A good answer's body after one of UNCLEAR."""

    @abstractmethod
    def looked_up(self, address: SplitResult, ledger: Ledger, word_of: WordOf, *, echoes: bool) -> bytes | None:
        """The answer to a look-up; None when there is nothing."""

    @abstractmethod
    def receipts(self, plan: ReceiptPlan, said: Sequence[Said], *, echoes: bool) -> Post:
        """The call that brings words home; only one unless it `batches`."""

    @abstractmethod
    def inbound(self, plan: ReceiptPlan, content: dict[str, Any]) -> Post:
        """The call that hands an inbound SMS {from, to, text, messageId} on."""

    def error(self, status: int, content: Any = None) -> bytes:
        """The body of an answer that is no success."""
        return orjson.dumps(content or {"message": REASONS.get(status, "Error"), "status": status})


def secret_of(plan: ReceiptPlan) -> str | None:
    """What to sign with by the plan's `sign`; None: not at all."""
    if plan.sign == "none":
        return None
    return "not-the-secret" if plan.sign == "wrong" else plan.secret


def instant(seconds: float) -> str:
    """A time as JSON APIs have it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
