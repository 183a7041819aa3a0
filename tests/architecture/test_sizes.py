"""Files and functions stay small, are named for a subject, and rows are not written by a bare save()."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import ROOT, python

FILE_LINES, FUNCTION_LINES = 300, 40
NAMES_OF_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "tools", "shared"}


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def saves(path: Path) -> Iterator[int]:
    """Lines of `x.save(...)` that would write columns nobody named; `force_insert` writes a new row."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        match node:
            case ast.Call(func=ast.Attribute(attr="save"), keywords=keywords):
                if not {keyword.arg for keyword in keywords} & {"update_fields", "force_insert"}:
                    yield node.lineno


def test_no_file_is_long() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_bytes().splitlines()) for path in python()}

    assert {path: length for path, length in lengths.items() if length > FILE_LINES} == {}


def test_no_function_is_long() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in python(tests=False)
        for node in functions(path)
        if (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES
    ]

    assert long == []


def test_files_are_named_for_a_subject() -> None:
    assert [path for path in python() if path.stem in NAMES_OF_NOTHING or path.stem.startswith("base_")] == []


def test_no_row_is_written_by_a_bare_save() -> None:
    assert [f"{path.relative_to(ROOT)}:{line}" for path in python(apps_only=True) for line in saves(path)] == []
