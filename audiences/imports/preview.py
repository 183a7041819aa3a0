"""How the first rows of a file would be read."""

from itertools import islice
from typing import Any, NamedTuple

import orjson

from audiences.imports.columns import headings
from audiences.imports.reading import Record, records
from audiences.imports.receive import folder
from audiences.imports.rows import COLUMNS, Refused, Shape, read
from audiences.models import ContactImport
from config.problems import NotFound

PREVIEW_ROWS = 10
HIDDEN = {"contact_import_id", "row", "phone_hash", "lower", "fields"}


class PreviewRow(NamedTuple):
    """A row as it would be read: fields, or the column and code of its refusal."""

    row: int
    values: dict[str, Any]
    column: str = ""
    code: str = ""


class Preview(NamedTuple):
    """The file's columns, what they are taken for, and its first rows."""

    columns: list[str]
    mapping: dict[str, str]
    rows: list[PreviewRow]


def preview(import_id: int) -> Preview:
    """How the first ten rows would be read. Raises NotFound once the import has ended and its file is gone."""
    job = ContactImport.objects.select_related("store").filter(pk=import_id).exclude(file="").first()
    if job is None or not (folder() / job.file).exists():
        raise NotFound
    first = list(islice(records(folder() / job.file, delimiter=job.delimiter), PREVIEW_ROWS + 1))
    names = headings(first[0].cells)
    shape = Shape.of(job, names)
    rows = [_shown(one, shape, stated=job.consent) for one in first[1:] if one.cells or one.fault]
    return Preview(names, job.mapping, rows)


def _shown(one: Record, shape: Shape, *, stated: str) -> PreviewRow:
    row = read(one, shape)
    if isinstance(row, Refused):
        return PreviewRow(row.row, {}, row.column, row.code)
    told = dict(zip(COLUMNS, row, strict=True))
    values: dict[str, Any] = {name: value for name, value in told.items() if value and name not in HIDDEN}
    if told["fields"]:
        values["fields"] = orjson.loads(told["fields"])
    return PreviewRow(one.row, {**values, "consent": "opted_out" if told["lower"] == "t" else stated})
