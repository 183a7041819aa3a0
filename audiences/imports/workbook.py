"""Workbooks (XLSX) become CSV before anything else looks at them."""

import subprocess
import sys
from pathlib import Path

from django.conf import settings

from audiences.imports import workbook_program as program
from config.problems import invalid

MARK = b"PK\x03\x04"  # any ZIP archive
PATIENCE = 50.0  # seconds


def convert(book: Path, place: Path) -> None:
    """Write the first visible sheet of `book` as CSV (UTF-8, commas) to `place`, by a process of its own under limits.

    Raises InvalidFields at `/file` with code `bad_xlsx` (damaged, or no workbook), `too_many_cells` (more than
    IMPORT_XLSX_CELLS, empty ones between others included, or one that wants too much memory or time) or `empty`.
    """
    command = [sys.executable, "-I", program.__file__, str(book), str(place)]
    limits = [str(settings.IMPORT_XLSX_CELLS), str(settings.IMPORT_MAX_BYTES)]
    try:
        # Our own program; names and limits are ours too.
        done = subprocess.run([*command, *limits], capture_output=True, check=False, timeout=PATIENCE)  # noqa: S603
    except subprocess.TimeoutExpired:
        done = subprocess.CompletedProcess(command, program.TOO_MANY_CELLS)
    if done.returncode == program.UNREADABLE:
        raise invalid("/file", "This is no XLSX workbook that can be read; save it again, or as CSV.", code="bad_xlsx")
    if done.returncode == program.EMPTY:
        raise invalid("/file", "The first sheet is empty.", code="empty")
    if done.returncode:
        most = f"{settings.IMPORT_XLSX_CELLS:,}".replace(",", " ")
        detail = f"A workbook may have at most {most} cells (rows times columns); save it as CSV, which has no limit."
        raise invalid("/file", detail, code="too_many_cells")
