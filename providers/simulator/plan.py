"""The fault plan: what goes wrong, how often, decided by one seed. See `Plan` and `ReceiptPlan` for the JSON format."""

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Self

from providers.http import Endpoint
from providers.simulator.fates import FATES, NUMBERS

# Refused before anything is processed: (status, has a Retry-After). 500 and 503 look the same as after processing.
REFUSING: Final[dict[str, tuple[int, bool]]] = {
    "400": (400, False),
    "401": (401, False),
    "402": (402, False),
    "403": (403, False),
    "404": (404, False),
    "413": (413, False),
    "422": (422, False),
    "429": (429, True),
    "429_plain": (429, False),
    "500": (500, False),
    "503": (503, False),
}
# Nothing is processed, and the sender cannot know it.
UNPROCESSED: Final = frozenset({"500", "503", "redirect", "hang_before", "drop_before"})
# Everything is processed, and the answer does not say so clearly.
UNANSWERED: Final = frozenset(
    {"502_after", "hang_after", "drop_after", "truncated", "html", "short", "extra", "duplicate_ids", "drip", "huge"}
)
FAULTS: Final = frozenset(REFUSING) | UNPROCESSED | UNANSWERED | {"partial"}
SIGNING: Final = frozenset({"token", "hmac", "both", "none", "wrong"})


def _known(cls: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` with lists as tuples. ValueError for keys that are not fields of `cls`."""
    names = {each.name for each in fields(cls)}
    if unknown := sorted(set(given) - names):
        raise ValueError(f"unknown in the plan: {', '.join(unknown)}")
    return {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPlan:
    """How receipts are pushed. Probabilities are per message, times in seconds.

    url, secret, sign    the webhook (no receipts without); sign: token, hmac, both, none or wrong
    inbound_url          where POST /_inbound is handed on; default: url
    delay                [least, most] from acceptance to the last word
    sent_first           probability of a "Sent" before the final word
    duplicate, drop      probability that each receipt comes twice, that a message's receipts never come
    contradict           probability that a delivered message is also said to have failed
    unknown_word         probability of an additional word that nobody knows
    shuffle              true: in random order within what is due
    batch                receipts per POST
    early                true: receipts arrive before the reply of the call
    retry                waits after an answer that is not 2xx; then given up
    """

    url: str | None = None
    inbound_url: str | None = None
    secret: str = ""
    sign: str = "token"
    delay: tuple[float, float] = (0.1, 1.0)
    sent_first: float = 0.0
    duplicate: float = 0.0
    drop: float = 0.0
    contradict: float = 0.0
    unknown_word: float = 0.0
    shuffle: bool = False
    batch: int = 200
    early: bool = False
    retry: tuple[float, ...] = (1, 2, 5, 10, 30, 60)

    def __post_init__(self) -> None:
        """ValueError for what cannot work."""
        if self.sign not in SIGNING:
            raise ValueError(f"sign must be one of {', '.join(sorted(SIGNING))}")
        if len(self.delay) != 2 or not 0 <= self.delay[0] <= self.delay[1]:
            raise ValueError("delay must be [least, most] seconds")
        if not 1 <= self.batch <= 1000:
            raise ValueError("batch must be 1 to 1000 receipts")
        for url in filter(None, (self.url, self.inbound_url)):
            Endpoint.of(url)

    @property
    def is_calm(self) -> bool:
        """Whether each message gets exactly the receipts of its fate."""
        return not (self.sent_first or self.duplicate or self.drop or self.contradict or self.unknown_word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole behaviour of the provider.

    seed              one number for every choice
    latency_ms        [least, most] before each answer
    faults            {fault: probability per send call}; the faults are REFUSING, UNPROCESSED, UNANSWERED, "partial"
    script            {call number since the plan was set, from 1: fault, or "ok"}; comes before `faults`
    numbers           {last digits of a number: fate}; the longest match wins, also over the fixed numbers
    outcomes          {fate: weight} for all other numbers
    partial_share     share of the items that a "partial" call refuses (retryable)
    retry_after       seconds in the Retry-After of "429"
    hang_seconds, drip_seconds   how long "hang_*" and "drip" last
    echoes_reference  our reference comes back in receipts and look-ups
    api_key           the only key let in; None: any
    max_batch         more items than this: 413
    idle_seconds      an idle connection is closed after this
    fsync, keep_text  ledger: force each call to disk; write the texts (off for millions of messages)
    """

    seed: int = 1
    latency_ms: tuple[float, float] = (0, 0)
    faults: Mapping[str, float] = field(default_factory=dict)
    script: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, float] = field(default_factory=lambda: {"delivered": 1.0})
    partial_share: float = 0.3
    retry_after: float = 1.0
    hang_seconds: float = 120.0
    drip_seconds: float = 60.0
    echoes_reference: bool = False
    api_key: str | None = None
    max_batch: int = 5000
    idle_seconds: float = 5.0
    fsync: bool = False
    keep_text: bool = True
    receipts: ReceiptPlan = field(default_factory=ReceiptPlan)

    def __post_init__(self) -> None:
        """ValueError for faults and fates that do not exist and for shares over 1."""
        faults = {*self.faults, *self.script.values()} - FAULTS - {"ok"}
        fates = {*self.numbers.values(), *self.outcomes} - FATES
        if faults or fates:
            raise ValueError(f"unknown in the plan: {', '.join(sorted(faults | fates))}")
        if sum(self.faults.values()) > 1 or not any(weight > 0 for weight in self.outcomes.values()):
            raise ValueError("faults must sum to at most 1, and an outcome must be possible")

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """A plan from JSON; what is left out has its default. ValueError says what is wrong."""
        known = _known(cls, given)
        receipts = known.pop("receipts", {})
        try:
            return cls(**known, receipts=ReceiptPlan(**_known(ReceiptPlan, receipts)))
        except (TypeError, AttributeError) as error:
            raise ValueError(f"the plan has a value of the wrong kind: {error}") from error

    def changed(self, given: Mapping[str, Any]) -> "Plan":
        """This plan with some keys replaced; `receipts` key by key. ValueError as `of`."""
        current = asdict(self)
        return Plan.of({**current, **given, "receipts": {**current["receipts"], **given.get("receipts", {})}})


class Choices:
    """Draws from a plan in the order of the calls. Not safe for threads: the caller holds its lock."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._random = random.Random(plan.seed)
        self._calls = 0
        self._fates, self._weights = list(plan.outcomes), list(plan.outcomes.values())
        self._suffixes = sorted(plan.numbers, key=len, reverse=True)

    def next_call(self) -> tuple[str, float]:
        """The next call's fault ("ok": none) and its latency in seconds."""
        self._calls += 1
        latency = self._random.uniform(*self._plan.latency_ms) / 1000
        drawn, fault = self._random.random(), "ok"
        for name, probability in self._plan.faults.items():
            if 0 <= drawn < probability:
                fault = name
            drawn -= probability
        return self._plan.script.get(str(self._calls), fault), latency

    def fates(self, destinations: list[str]) -> list[str]:
        """What becomes of a message to each of these numbers."""
        if len(self._fates) == 1:
            drawn = self._fates * len(destinations)
        else:
            drawn = self._random.choices(self._fates, self._weights, k=len(destinations))
        if not self._suffixes:
            return [NUMBERS.get(number) or fate for number, fate in zip(destinations, drawn, strict=True)]
        return [self._fixed(number) or fate for number, fate in zip(destinations, drawn, strict=True)]

    def is_refused_in_part(self) -> bool:
        """Whether a "partial" call refuses the item at hand."""
        return self._random.random() < self._plan.partial_share

    def _fixed(self, destination: str) -> str | None:
        for suffix in self._suffixes:
            if destination.endswith(suffix):
                return self._plan.numbers[suffix]
        return NUMBERS.get(destination)
