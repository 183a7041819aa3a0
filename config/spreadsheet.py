"""Exports as CSV: streamed line by line, and safe to open in a spreadsheet."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from rest_framework.renderers import JSONRenderer

from config.database import reports

FORMULA = re.compile(r"'*[=+\-@\t\r]")
CHUNK = 2000  # rows in memory


class Csv(JSONRenderer):
    """Lets a client ask for text/csv. The rows are streamed past it, so that it renders problems only."""

    media_type = "text/csv"
    format = "csv"


class _Line:
    """A file for csv.writer that hands each line back."""

    def write(self, text: str) -> str:
        return text


def harmless(cell: Any) -> Any:
    """A cell that a spreadsheet shows instead of running: text that begins like a formula gets an apostrophe.

    So does one that has apostrophes before it already: an import takes exactly one away again.
    """
    return f"'{cell}" if isinstance(cell, str) and FORMULA.match(cell) else cell


def lines(heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a CSV, heading first, made as they are asked for. Cells are written as they come: see `harmless`."""
    write = csv.writer(_Line()).writerow
    yield str(write(heading))
    for row in rows:
        yield str(write(row))


def by_key(rows: "QuerySet[Any]", *, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """(primary key, columns …) of every row, oldest first; see `chunks`."""
    for chunk in chunks(rows, columns=columns):
        yield from chunk


def chunks(rows: "QuerySet[Any]", *, columns: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
    """(primary key, columns …) of every row, oldest first, a chunk at a time: no cursor and no transaction stays open.

    From the replica, if there is one. The table needs an index that leads from the conditions of `rows` to the key.
    """
    last, rows = 0, rows.using(reports())
    while chunk := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", *columns)[:CHUNK]):
        yield chunk
        last = chunk[-1][0]


def download(name: str, text: Iterable[str]) -> StreamingHttpResponse:
    """The lines as a file to be saved under a name."""
    response = StreamingHttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
