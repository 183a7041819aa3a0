"""The refused rows of an import as CSV, safe to open in a spreadsheet."""

from collections.abc import Iterator

from audiences.imports.cells import CODES
from audiences.models import ImportProblem
from config.spreadsheet import harmless, lines

HEADING = ("row", "column", "code", "message", "value")


def errors_csv(import_id: int) -> Iterator[str]:
    """The lines, heading first, in the order of the file; read from the database as they are asked for."""
    problems = ImportProblem.objects.filter(contact_import_id=import_id).order_by("row")
    rows = problems.values_list("row", "column", "code", "value").iterator(chunk_size=2000)
    told = ([row, harmless(column), code, CODES.get(code, code), harmless(value)] for row, column, code, value in rows)
    return lines(HEADING, told)
