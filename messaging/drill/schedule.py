"""Which fault comes when: drawn from the seed, every kind in turn before one comes twice."""

import random
from collections.abc import Sequence
from typing import NamedTuple

# Seconds between two faults; several that last overlap.
EVERY = 2.5
FIRST = 4.0
# Nothing new so shortly before the end.
CALM_END = 6.0


class Planned(NamedTuple):
    """A fault at a moment, in seconds from the start."""

    at: float
    name: str


def schedule(names: Sequence[str], *, seconds: float, rng: random.Random) -> list[Planned]:
    """Faults over the whole time, in a random order, with a random distance around EVERY."""
    planned: list[Planned] = []
    deck: list[str] = []
    at = FIRST
    while at < seconds - CALM_END:
        if not deck:
            deck = rng.sample(sorted(names), len(names))
        planned.append(Planned(at, deck.pop()))
        at += EVERY * rng.uniform(0.5, 1.5)
    return planned
