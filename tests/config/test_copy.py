"""COPY: rows and texts come back as they were, or nothing of them is written."""

from collections.abc import Iterator
from itertools import product

import pytest
from django.db import DatabaseError, DataError, IntegrityError, transaction

from config.sql import NULL, cell, copy_rows, copy_text, execute, fetch
from tests.config.pairs import Pair, pairs

__all__ = ["pairs"]


def test_rows_are_copied_as_they_are(pairs: None) -> None:
    strange = ["tab\there", "line\nbreak", "back\\slash", "\\N", "Ελένη 🌸", ""]

    copy_rows(table="pairs", columns=("name", "number"), rows=[(text, n) for n, text in enumerate(strange)])

    assert [row.name for row in fetch("SELECT name, number FROM pairs ORDER BY number", {}, Pair)] == strange


def test_text_in_copys_own_format_comes_back_as_it_was(db: None) -> None:
    texts = ["".join(signs) for signs in product(["\\", "\n", "\t", "\r", "N", ".", "Ω🌸", ""], repeat=3)]
    execute("CREATE TEMPORARY TABLE copied (name text, number int) ON COMMIT DROP", {})
    lines = "".join(f"{cell(text)}\t{n}\n" for n, text in enumerate(texts))

    copy_text(table="copied", columns=("name", "number"), text=lines.encode(), null=NULL)

    assert [row.name for row in fetch("SELECT name, number FROM copied ORDER BY number", {}, Pair)] == texts


def test_null_is_what_stands_for_it(pairs: None) -> None:
    copy_text(table="pairs", columns=("name", "number"), text=b"\\N\t1\n\t2\n", null=NULL)

    rows = fetch("SELECT name, number FROM pairs ORDER BY number", {}, Pair)

    assert [row.name for row in rows] == [None, ""]


def test_nothing_copied_is_nothing_written(pairs: None) -> None:
    copy_rows(table="pairs", columns=("name", "number"), rows=[])

    assert fetch("SELECT name, number FROM pairs", {}, Pair) == []


@pytest.mark.parametrize(("bad", "error"), [(("x", 100), IntegrityError), (("a\0b", 1), DataError)])
def test_a_copy_fails_with_the_errors_of_django_and_whole(
    pairs: None, bad: tuple[str, int], error: type[DatabaseError]
) -> None:
    with pytest.raises(error), transaction.atomic():
        copy_rows(table="pairs", columns=("name", "number"), rows=[("fine", 1), bad])

    assert fetch("SELECT name, number FROM pairs", {}, Pair) == []


def test_an_error_while_rows_are_made_copies_nothing(pairs: None) -> None:
    def broken() -> Iterator[tuple[str, int]]:
        yield "fine", 1
        raise LookupError("the source is gone")

    with pytest.raises(LookupError), transaction.atomic():
        copy_rows(table="pairs", columns=("name", "number"), rows=broken())

    assert fetch("SELECT name, number FROM pairs", {}, Pair) == []
