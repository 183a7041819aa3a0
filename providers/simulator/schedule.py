"""When each receipt is due: eight bytes per receipt, and choices that a restarted process makes again."""

import threading
from array import array
from collections.abc import Iterable, Iterator
from typing import Any, Final

from providers.simulator.fates import DELIVERED, RECEIPTS, SENT, TELEPORTED, UNREACHABLE
from providers.simulator.plan import ReceiptPlan

# Receipts due within the same twentieth of a second are one bucket, so that they can leave together and shuffled.
TICKS_PER_SECOND: Final = 20
_SCALE: Final = 1 << 64
_MASK: Final = _SCALE - 1


def pack(number: int, code: int) -> int:
    """A receipt as one integer: the message's number and the word's code."""
    return number << 4 | code


def unpack(packed: int) -> tuple[int, int]:
    """Message number and word code."""
    return packed >> 4, packed & 15


def _fraction(seed: int, number: int, salt: int) -> float:
    """A number in [0, 1) that only depends on its arguments (two rounds of multiply and fold)."""
    mixed = (seed * 0x2545F491 + number * 16 + salt + 1) * 0x9E3779B97F4A7C15 & _MASK
    return ((mixed ^ mixed >> 29) * 0xBF58476D1CE4E5B9 & _MASK) / _SCALE


def due_receipts(plan: ReceiptPlan, seed: int, number: int, message: dict[str, Any]) -> Iterable[tuple[float, int]]:
    """(time, packed receipt) of everything that will be said about a message, repetitions included.

    Nothing when it is dropped.
    """
    codes, at = RECEIPTS[message["fate"]], message["at"]
    if plan.is_calm and len(codes) == 1:
        return ((at + said_after(plan, seed, number), pack(number, codes[0])),)
    return _disturbed(plan, seed, number, list(codes), at)


def _disturbed(
    plan: ReceiptPlan, seed: int, number: int, codes: list[int], since: float
) -> Iterator[tuple[float, int]]:
    if plan.drop and _fraction(seed, number, 1) < plan.drop:
        return
    if plan.sent_first and _fraction(seed, number, 2) < plan.sent_first:
        codes.insert(0, SENT)
    if plan.unknown_word and _fraction(seed, number, 3) < plan.unknown_word:
        codes.insert(0, TELEPORTED)
    if plan.contradict and codes[-1:] == [DELIVERED] and _fraction(seed, number, 4) < plan.contradict:
        codes.insert(len(codes) - (_fraction(seed, number, 5) < 0.5), UNREACHABLE)
    for place, code in enumerate(codes):
        at = since + said_after(plan, seed, number, place=place, of=len(codes))
        yield at, pack(number, code)
        if plan.duplicate and _fraction(seed, number, 6 + place) < plan.duplicate:
            yield at + (plan.delay[1] - plan.delay[0]) / 2, pack(number, code)


def said_after(plan: ReceiptPlan, seed: int, number: int, *, place: int = 0, of: int = 1) -> float:
    """Seconds from acceptance to one of a message's words."""
    least, most = plan.delay
    return (least + (most - least) * _fraction(seed, number, 0)) * (place + 1) / of


class Schedule:
    """Receipts by the tick in which they are due. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[int, array[int]] = {}
        self._waiting = 0

    def __len__(self) -> int:
        return self._waiting

    def add(self, receipts: Iterable[tuple[float, int]]) -> None:
        """Take receipts with their times (seconds since 1970)."""
        with self._lock:
            for at, packed in receipts:
                tick = int(at * TICKS_PER_SECOND)
                bucket = self._buckets.get(tick)
                if bucket is None:
                    bucket = self._buckets[tick] = array("Q")
                bucket.append(packed)
                self._waiting += 1

    def take(self, until: float | None = None) -> list[int]:
        """Remove and return what is due at `until` (None: everything), in the order of the ticks."""
        with self._lock:
            ticks = sorted(tick for tick in self._buckets if until is None or tick <= int(until * TICKS_PER_SECOND))
            taken = [packed for tick in ticks for packed in self._buckets.pop(tick)]
            self._waiting -= len(taken)
        return taken
