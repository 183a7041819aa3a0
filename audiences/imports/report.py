"""The refused rows of an import as CSV, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterator
from typing import Any

from audiences.imports.rows import CODES
from audiences.models import ImportProblem

FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    """A file for csv.writer that hands each line back."""

    def write(self, text: str) -> str:
        return text


def errors_csv(import_id: int) -> Iterator[str]:
    """The lines, heading first, in the order of the file; read from the database as they are asked for."""
    write = csv.writer(_Line()).writerow
    yield str(write(["row", "column", "code", "message", "value"]))
    problems = ImportProblem.objects.filter(contact_import_id=import_id).order_by("row")
    for row, column, code, value in problems.values_list("row", "column", "code", "value").iterator(chunk_size=2000):
        yield str(write([row, harmless(column), code, CODES.get(code, code), harmless(value)]))


def harmless(cell: Any) -> Any:
    """A cell that a spreadsheet shows instead of running: text that begins like a formula gets an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
