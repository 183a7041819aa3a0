"""Records of a CSV file with their byte offsets, so that reading can go on at any of them; in constant memory."""

import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from audiences.imports.columns import field_of

LONGEST = 64 * 1024  # bytes of one record
PIECE = 1024 * 1024  # bytes that are read at once
DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 64 * 1024  # bytes that are looked at to find the delimiter
SAMPLE_ROWS = 20


class Record(NamedTuple):
    """A record of the file: its number (0 is the first that was read), its cells, and the byte after it.

    `fault` instead of cells: `row_too_long`, or `bad_quotes` (one does not close). A blank record has no cells.
    """

    row: int
    cells: list[str]
    end: int
    fault: str = ""


class Taken(NamedTuple):
    """Some records, the byte behind them, and the number of the next."""

    records: list[Record]
    offset: int
    next_row: int


class _TooLong(Exception):
    """A record is longer than LONGEST."""


class _Lines:
    """The lines of a file as csv.reader wants them; knows how many bytes it gave out."""

    def __init__(self, file: io.BufferedReader) -> None:
        self.file = file
        self.end = self.start = file.tell()

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.file.readline(LONGEST + 1)
        self.end += len(line)
        if self.end - self.start > LONGEST:
            raise _TooLong
        if not line:
            raise StopIteration
        return line.decode()


def records(path: Path, *, delimiter: str, offset: int = 0, row: int = 0) -> Iterator[Record]:
    """The records from byte `offset` on, numbered from `row`. A broken one costs its first line only."""
    with path.open("rb") as file:
        file.seek(offset)
        while True:
            lines = _Lines(file)
            fault = ""
            try:
                for cells in csv.reader(lines, delimiter=delimiter, strict=True):
                    lines.start = lines.end
                    yield Record(row, cells if any(map(str.strip, cells)) else [], lines.end)
                    row += 1
            except (_TooLong, csv.Error) as error:
                fault = "row_too_long" if isinstance(error, _TooLong) else "bad_quotes"
            if not fault:
                return
            yield Record(row, [], _skip_line(file, lines.start), fault)
            row += 1


def take(path: Path, *, delimiter: str, offset: int, row: int, limit: int) -> Taken:
    """At most `limit` of the records that `records` would give from there, blank ones among them; fewer in long lines.

    None only at the end of the file.
    """
    with path.open("rb") as file:
        file.seek(offset)
        piece = file.read(PIECE)
    quick = _take_lines(piece, delimiter=delimiter, limit=limit)
    if quick is None:
        return _take_records(path, delimiter=delimiter, offset=offset, row=row, limit=limit)
    cells, size = quick
    return Taken([Record(row + n, one, 0) for n, one in enumerate(cells)], offset + size, row + len(cells))


def _take_lines(piece: bytes, *, delimiter: str, limit: int) -> tuple[list[list[str]], int] | None:
    """The cells of the first lines of a piece, and their bytes, if each line is one whole short record; else None."""
    end = len(piece) if len(piece) < PIECE else piece.rfind(b"\n") + 1
    lines = piece[:end].decode().split("\n")
    if not lines[-1]:
        lines.pop()
    if len(lines) > limit:
        lines = lines[:limit]
        end = len("\n".join(lines).encode()) + 1
    if not lines:
        return None if piece else ([], 0)
    if max(map(len, lines)) > LONGEST // 4 - 1:  # a letter has at most four bytes
        return None
    try:
        cells = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return (cells, end) if len(cells) == len(lines) else None


def _take_records(path: Path, *, delimiter: str, offset: int, row: int, limit: int) -> Taken:
    """As `take`, record by record; no more than a piece and one record are held."""
    found: list[Record] = []
    for one in islice(records(path, delimiter=delimiter, offset=offset, row=row), limit):
        found.append(one)
        if one.end - offset > PIECE:
            break
    end = found[-1] if found else None
    return Taken(found, end.end, end.row + 1) if end else Taken([], offset, row)


def _skip_line(file: io.BufferedReader, start: int) -> int:
    """Stand behind the line that begins at `start`; its length does not matter."""
    file.seek(start)
    while (piece := file.readline(LONGEST)) and not piece.endswith(b"\n"):
        pass
    return file.tell()


def sniff(path: Path) -> str:
    """The delimiter under which the beginning of the file looks most like a table of contacts."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE).decode(errors="ignore")
    return max(DELIMITERS, key=lambda delimiter: _likeness(sample, delimiter))


def _likeness(sample: str, delimiter: str) -> tuple[bool, bool, float, int]:
    reader = csv.reader(io.StringIO(sample), delimiter=delimiter)
    rows = [cells for cells in islice(reader, SAMPLE_ROWS) if cells]
    if not rows:
        return False, False, 0.0, 0
    header, width = rows[0], len(rows[0])
    same = sum(len(cells) == width for cells in rows) / len(rows)
    return any(field_of(cell) == "phone" for cell in header), width > 1, same, width
