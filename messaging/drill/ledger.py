"""The simulator's file: what the provider really accepted, and which receipts it got rid of."""

from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from config.opaque import recipient_of


class Taken(NamedTuple):
    """One acceptance: for which recipient and attempt by our reference, to which number, at what moment (epoch)."""

    recipient_id: int
    attempt: int
    message_id: str
    destination: str
    at: float
    fate: str
    receipts: int  # that the webhook took


class ProviderBook(NamedTuple):
    """Everything in the file.

    `foreign`: acceptances whose reference is not ours. `unprocessed_items`: of calls that took nobody and did not say
    so. `unclear_refusals`: items refused in an answer that did not arrive as one.
    """

    taken: list[Taken]
    foreign: int
    faults: Counter[str]
    unprocessed_items: int
    unclear_refusals: int


def read(path: Path) -> ProviderBook:
    """Read the whole file."""
    messages: list[dict[str, Any]] = []
    receipts: Counter[int] = Counter()
    calls: list[dict[str, Any]] = []
    with path.open("rb") as file:
        for line in file:
            entry = orjson.loads(line)
            match entry["type"]:
                case "accepted":
                    messages.append(entry)
                case "receipts":
                    receipts.update(packed >> 4 for packed in entry["sent"])
                case "call":
                    calls.append(entry)
    taken, foreign = [], 0
    for number, message in enumerate(messages):
        mark = recipient_of(str(message["reference"] or ""))
        if mark is None:
            foreign += 1
            continue
        taken.append(
            Taken(
                *mark, message["message_id"], message["destination"], message["at"], message["fate"], receipts[number]
            )
        )
    return ProviderBook(
        taken,
        foreign,
        Counter(str(call["fault"]) for call in calls),
        sum(call["items"] for call in calls if not call["processed"] and not call["answered"]),
        sum(call["refused"] for call in calls if call["processed"] and not call["answered"]),
    )
