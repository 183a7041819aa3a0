"""The table at the end of bin/test."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


class Result(NamedTuple):
    """What came of one step, how long it took, and a remark for the reader."""

    name: str
    outcome: Outcome
    seconds: float = 0.0
    remark: str = ""


def table(results: Sequence[Result]) -> str:
    """One line per step, in the order they ran, the longest name setting the width."""
    width = max(len(result.name) for result in results)
    return "\n".join(_line(result, width=width) for result in results)


def _line(result: Result, *, width: int) -> str:
    return f"{result.outcome:<8}{result.name:<{width}}{result.seconds:8.1f} s  {result.remark}".rstrip()


def exit_code(results: Sequence[Result]) -> int:
    """0 when nothing failed and anything ran at all."""
    return int(not results or any(result.outcome is Outcome.FAILED for result in results))
