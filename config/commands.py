"""What every command of the house has in common: exit codes, refusals with a code, and one JSON document.

0: done, or everything agrees. 1: it was refused or failed, or something does not agree. 2: what was asked makes no
sense (a wrong option, a store that does not exist); nothing was changed. With 1 and 2 the last line on stderr begins
with the kind of error and its code, as `BadInput: STORE_NOT_FOUND: …`.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.core.management.base import CommandError, OutputWrapper

from config.opaque import private_id
from config.problems import NotFound, Problem, document

T = TypeVar("T")


class BadInput(CommandError):
    """What was asked makes no sense. `code`: for machines."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(f"{code}: {detail}", returncode=2)


class Refused(CommandError):
    """It makes sense and is refused, or it failed. `code`: for machines, the API's own where there is one."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(f"{code}: {detail}", returncode=1)


def asked(problem: Problem) -> CommandError:
    """The error of a command whose service refused: bad input where the API would say 400 or 404."""
    told = document(problem)
    fields = [f"{error['pointer']} {error['detail']}" for error in told["errors"]]
    detail = " ".join([problem.detail, *fields])
    wrong = isinstance(problem, NotFound) or problem.status in {400, 404, 422}
    return BadInput(problem.code, detail) if wrong else Refused(problem.code, detail)


def reason_of(options: Mapping[str, Any]) -> str:
    """The `--reason`. Raises BadInput for an empty one."""
    reason = str(options["reason"] or "").strip()
    if not reason:
        raise BadInput("REASON_REQUIRED", "Say why: --reason.")
    return reason


def number_of(text: str, *, kind: str, exists: Callable[[int], bool]) -> int:
    """The row that an operator names by its number or its public id. Raises BadInput for one that does not exist."""
    number = int(text) if text.isascii() and text.isdigit() else private_id(text, kind=kind)
    if number is None or number > 2**63 - 1 or not exists(number):
        raise BadInput("NOT_FOUND", f"There is no {kind}_… {text!r}.")
    return number


def say(out: OutputWrapper, facts: Any, words: str, *, as_json: bool) -> None:
    """The answer: one JSON document, or words."""
    out.write(json.dumps(facts, default=str, ensure_ascii=False) if as_json else words)
