"""Checks, without a network, that the hashed lock files still hold what the `.in` files ask for."""

import re
from pathlib import Path

NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?\s*(?:(==|~=)\s*([\w.]+))?")


def problems(folder: Path) -> list[str]:
    """Return one sentence per package of an .in file that its .txt file lacks or holds in another version."""
    return [problem for wanted in sorted(folder.glob("*.in")) for problem in _compare(wanted)]


def _compare(wanted: Path) -> list[str]:
    locked_file = wanted.with_suffix(".txt")
    if not locked_file.exists():
        return [f"{wanted.name} has no {locked_file.name}"]
    locked = dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", locked_file.read_text(), re.MULTILINE))
    versions = {_canonical(name): version for name, version in locked.items()}
    found = [_problem(line.strip(), versions=versions) for line in wanted.read_text().splitlines()]
    return [f"{locked_file.name}: {problem}" for problem in found if problem]


def _problem(line: str, *, versions: dict[str, str]) -> str | None:
    match = NAME.match(line)
    if not match:
        return None  # a comment, an option, an empty line
    name, operator, version = match.groups()
    locked = versions.get(_canonical(name))
    if locked is None:
        return f"{name} is missing"
    fits = operator is None or _fits(locked, operator=operator, version=version)
    return None if fits else f"{name} is {locked}, wanted {operator}{version}"


def _fits(locked: str, *, operator: str, version: str) -> bool:
    """`==1.2` means that version; `~=1.2.3` means 1.2.x from 1.2.3 on."""
    if operator == "==":
        return locked == version
    have, least = _numbers(locked), _numbers(version)
    return have[: len(least) - 1] == least[:-1] and have >= least


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
