"""Texts and their parts as the npm package sms-segments-calculator 1.3.0 counts them; generate.mjs made the file."""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Case(NamedTuple):
    """A text and its count. `cut`: where a grapheme lies across a border, the parts of a carrier that cuts it."""

    text: str
    encoding: str
    units: int
    parts: int
    cut: int | None


@cache
def cases() -> list[Case]:
    """All of them; texts are kept as runs of repeated pieces."""
    lines = (Path(__file__).parent / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    return [_case(**json.loads(line)) for line in lines]


def _case(*, text: list[tuple[str, int]], encoding: str, units: int, parts: int, cut: int | None = None) -> Case:
    return Case("".join(piece * times for piece, times in text), encoding, units, parts, cut)
