"""Writes the first visible sheet of a workbook as CSV: `workbook_program.py BOOK CSV CELLS BYTES`.

A program of its own, under limits of memory, time and size: a workbook made to do harm ends nothing but this process.
It knows neither Django nor the product.
"""

import csv
import resource
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

UNREADABLE: Final = 3
TOO_MANY_CELLS: Final = 4
EMPTY: Final = 5
MEMORY: Final = 768 * 1024 * 1024  # bytes of address space; two million cells take about 220 MB
SECONDS: Final = 40
WHOLE: Final = 1e15  # numbers below it are exact

Cell = str | float | bool | date | datetime | time | timedelta | None


def text(cell: Cell) -> str:
    """What somebody sees in the cell, without the sheet's formats: 306900000000, 2026-12-31, true."""
    if isinstance(cell, str):
        return "" if cell.startswith("#") and cell.rstrip("!?") in ERRORS else cell.replace("_x000D_", "")
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < WHOLE:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(" ") if cell.time() != time.min else cell.date().isoformat()
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return "" if cell is None else str(cell)


ERRORS: Final = {"#N/A", "#DIV/0", "#NAME", "#NULL", "#NUM", "#REF", "#VALUE", "#SPILL", "#CALC", "#GETTING_DATA"}


def first_sheet(book: CalamineWorkbook) -> CalamineSheet | None:
    """The first sheet of cells that can be seen."""
    for about in book.sheets_metadata:
        if about.visible == SheetVisibleEnum.Visible and about.typ == SheetTypeEnum.WorkSheet:
            return book.get_sheet_by_name(about.name)
    return None


def rows(sheet: CalamineSheet) -> Iterator[Sequence[str]]:
    """The sheet's rows from the first that says something."""
    begun = False
    for row in sheet.iter_rows():
        cells = [text(cell).replace("\r\n", "\n").replace("\r", "\n") for cell in row]
        begun = begun or any(cells)
        if begun:
            yield cells


def convert(book: Path, place: Path, *, cells: int) -> int:
    """Write the CSV; 0, or why not."""
    try:
        with CalamineWorkbook.from_path(book) as opened:
            sheet = first_sheet(opened)
            if sheet is None or sheet.end is None:
                return EMPTY
            if (sheet.end[0] + 1) * (sheet.end[1] + 1) > cells:
                return TOO_MANY_CELLS
            with place.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(rows(sheet))
    except CalamineError:
        return UNREADABLE
    return 0


def main(book: str, place: str, cells: str, size: str) -> int:
    """Convert under limits."""
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, int(size)),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    return convert(Path(book), Path(place), cells=int(cells))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
