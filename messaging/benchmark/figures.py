"""Figures: what a road measured, the medians over its repetitions, and how they stand to the baseline."""

from collections.abc import Iterable, Sequence
from math import ceil
from statistics import median
from typing import Any, Literal, NamedTuple

SUFFIXES = {"k": 1_000, "m": 1_000_000}


class Figure(NamedTuple):
    """One measurement of one repetition. `raw`: what the baseline came to, None where there is nothing to compare."""

    name: str
    unit: str
    ours: float
    raw: float | None = None
    better: Literal["more", "less"] = "more"


class Row(NamedTuple):
    """A figure over all repetitions. `ratio`: median of ours / raw, pair by pair, for both were measured in turn."""

    name: str
    unit: str
    better: str
    ours: list[float]
    raw: list[float]

    @property
    def median(self) -> float:
        """Of ours."""
        return median(self.ours)

    @property
    def raw_median(self) -> float | None:
        """Of the baseline."""
        return median(self.raw) if self.raw else None

    @property
    def ratio(self) -> float | None:
        """Ours to the baseline."""
        pairs = [ours / raw for ours, raw in zip(self.ours, self.raw, strict=False) if raw]
        return median(pairs) if pairs else None

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            **self._asdict(),
            "median": round(self.median, 4),
            "raw_median": None if self.raw_median is None else round(self.raw_median, 4),
            "ratio": None if self.ratio is None else round(self.ratio, 4),
        }


def rows(repetitions: Iterable[Sequence[Figure]]) -> list[Row]:
    """The figures of a road's repetitions, by name, in the order in which they were first given."""
    found: dict[str, Row] = {}
    for repetition in repetitions:
        for figure in repetition:
            row = found.setdefault(figure.name, Row(figure.name, figure.unit, figure.better, [], []))
            row.ours.append(round(figure.ours, 4))
            if figure.raw is not None:
                row.raw.append(round(figure.raw, 4))
    return list(found.values())


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which so many percent of the values are (nearest rank). ValueError without values."""
    if not values:
        raise ValueError("a percentile of nothing")
    ordered = sorted(values)
    return ordered[max(0, ceil(percent * len(ordered) / 100) - 1)]


def number(text: str) -> int:
    """`10k` is 10 000 and `1.5M` is 1 500 000. ValueError for what is no positive whole number."""
    plain = text.strip().lower().replace("_", "")
    factor = SUFFIXES.get(plain[-1:], 1)
    value = float(plain[:-1] if factor > 1 else plain) * factor
    if value < 1 or value != int(value):
        raise ValueError(f"{text} is no positive whole number")
    return int(value)


def short(value: int) -> str:
    """10 000 as `10k`."""
    for suffix, factor in (("M", 1_000_000), ("k", 1_000)):
        if value >= factor and value % (factor // 10) == 0:
            return f"{value / factor:g}{suffix}"
    return str(value)
