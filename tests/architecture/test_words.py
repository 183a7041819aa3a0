"""Nothing is left undone, and nothing of anybody's machine is in the tree."""

import re

import pytest

from tests.architecture.source import ROOT, tracked

TEXTS = {".py", ".md", ".toml", ".html", ".js", ".css", ".txt", ".in", ".yaml", ".yml", ".sh", ""}
# Written so that this file does not hold them itself.
UNDONE = re.compile(r"TO[D]O|FIX[M]E|NotImplemented[E]rror|XX[X]:")
MACHINE = re.compile(r"(?<![\w.])/wo[r]k/|/tmp/h[g]\b")


def found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path.suffix in TEXTS
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]


@pytest.mark.parametrize("pattern", [UNDONE, MACHINE])
def test_the_tree_does_not_say(pattern: re.Pattern[str]) -> None:
    assert found(pattern) == []
