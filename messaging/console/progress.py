"""The stacked progress bar: parts that sum to the audience, and the four counters above it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from campaigns.states import CAMPAIGN_LIVE

# In the order of the bar. static/console/js/progress.js computes the same from the API's progress.
PARTS = (
    "delivered",
    "sent",
    "unknown",
    "unconfirmed",
    "undelivered",
    "failed",
    "skipped",
    "cancelled",
    "in_flight",
    "waiting",
)


class Part(NamedTuple):
    """Recipients of one kind; `x` and `width` in per cent of the bar."""

    name: str
    people: int
    x: float
    width: float


class Bar(NamedTuple):
    """The parts and their sum."""

    parts: list[Part]
    total: int

    @property
    def counters(self) -> list[Part]:
        """Delivered, awaiting a receipt, failed, queued: with the parts that belong to each added up."""
        count = {part.name: part.people for part in self.parts}
        return [
            Part("delivered", count["delivered"], 0, 0),
            Part("sent", count["sent"] + count["unknown"], 0, 0),
            Part("failed", count["failed"] + count["undelivered"], 0, 0),
            Part("waiting", count["waiting"] + count["in_flight"], 0, 0),
        ]


def bar_of(progress: Mapping[str, Any]) -> Bar:
    """The bar of `GET campaigns/{id}/progress`. Whoever is not written down yet waits too, while there is a chance."""
    preparing = progress["status"] in CAMPAIGN_LIVE and not progress["prepared"]
    unwritten = max(progress["expected"] - progress["audience"], 0) if preparing else 0
    return stacked(
        {
            **progress["counts"],
            "in_flight": progress["in_flight"],
            "waiting": progress["waiting"] + unwritten,
        }
    )


def stacked(counts: Mapping[str, int]) -> Bar:
    """Counts by name, one beside the other."""
    total = sum(counts.get(name, 0) for name in PARTS)
    parts, x = [], 0.0
    for name in PARTS:
        width = 100 * counts.get(name, 0) / total if total else 0.0
        parts.append(Part(name, counts.get(name, 0), round(x, 3), round(width, 3)))
        x += width
    return Bar(parts, total)
