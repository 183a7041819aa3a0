"""One record of a file becomes a row to store, or is refused with a code."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import orjson

from audiences.fields import BadValue
from audiences.imports.cells import Take, taker, unguarded
from audiences.imports.columns import CUSTOM, custom_fields
from audiences.imports.reading import Record
from audiences.models import ContactImport
from audiences.phones import BadPhone, normalise, phone_hash

EXCERPT = 100  # characters of a refused value that are kept for the importer to find it again

# The columns of a row as it is staged; every value is a text, the empty one says nothing.
COLUMNS = (
    "contact_import_id", "row", "lower", "phone", "phone_hash", "country", "first_name", "last_name", "email",
    "birthday", "gender", "language", "time_zone", "fields",
)  # fmt: skip
ROW, LOWER, PHONE, HASH, COUNTRY, FIELDS = map(
    COLUMNS.index, ("row", "lower", "phone", "phone_hash", "country", "fields")
)
Row = list[str]


class Refused(NamedTuple):
    """A row that was not taken: where, why, and an excerpt of the value."""

    row: int
    column: str
    code: str
    value: str


class Column(NamedTuple):
    """A column that is read: its place in the file, its heading, and what puts its cell into the staged row."""

    cell: int
    heading: str
    put: "Put"


class Shape(NamedTuple):
    """How to read the rows of one import. `blank`: the staged row of somebody about whom nothing is said."""

    width: int
    columns: tuple[Column, ...]
    phone: str  # heading
    blank: Row

    @classmethod
    def of(cls, job: ContactImport, names: Sequence[str]) -> "Shape":
        """The shape of a stored import whose file has these headings."""
        custom = {**dict.fromkeys(custom_fields(job.mapping), "text"), **job.store.custom_fields}
        columns = tuple(
            Column(cell, name, _put(job.mapping[name], job=job, custom=custom))
            for cell, name in enumerate(names)
            if name in job.mapping
        )
        blank = [""] * len(COLUMNS)
        blank[0], blank[LOWER] = str(job.pk), "t" if job.consent == "opted_out" else "f"
        phone = next(name for name, field in job.mapping.items() if field == "phone")
        return cls(len(names), columns, phone, blank)


Put = Callable[[str, Row, dict[str, Any]], None]


def _put(field: str, *, job: ContactImport, custom: Mapping[str, str]) -> Put:
    """What puts a cell that is not empty where the field belongs. It raises BadPhone, BadValue."""
    if field == "phone":
        return partial(_put_phone, country=job.store.country)
    take = taker(field, custom=custom, today=job.created_at.date())
    if field == "consent":
        return partial(_put_consent, take=take)
    if field.startswith(CUSTOM):
        return partial(_put_custom, take=take, name=field.removeprefix(CUSTOM))
    return partial(_put_text, take=take, place=COLUMNS.index(field))


def _put_phone(cell: str, row: Row, _: dict[str, Any], *, country: str) -> None:
    # An apostrophe before digits is how spreadsheets are told that they are a text.
    phone, row[COUNTRY] = normalise(cell.lstrip("'"), country=country)
    row[PHONE], row[HASH] = phone, rf"\x{phone_hash(phone).hex()}"


def _put_consent(cell: str, row: Row, _: dict[str, Any], *, take: Take) -> None:
    """A cell may lower the consent that was stated for the file; it raises nothing that was not stated."""
    if take(cell) is False:
        row[LOWER] = "t"


def _put_custom(cell: str, _: Row, fields: dict[str, Any], *, take: Take, name: str) -> None:
    fields[name] = take(cell)


def _put_text(cell: str, row: Row, _: dict[str, Any], *, take: Take, place: int) -> None:
    row[place] = take(cell)


def read(record: Record, shape: Shape) -> Row | Refused:
    """What a record that is not blank says."""
    number, cells = record.row, record.cells
    if code := record.fault or _misfit(cells, width=shape.width):
        return Refused(number, "", code, "")
    row, fields = shape.blank.copy(), dict[str, Any]()
    row[ROW] = str(number)
    for at, heading, put in shape.columns:
        if cell := cells[at].strip():
            try:
                put(unguarded(cell) if cell[0] == "'" else cell, row, fields)
            except (BadPhone, BadValue) as error:
                return Refused(number, heading, error.code, _excerpt(cell))
    if not row[PHONE]:
        return Refused(number, shape.phone, "empty", "")
    if fields:
        row[FIELDS] = orjson.dumps(fields).decode()
    return row


def _misfit(cells: Sequence[str], *, width: int) -> str:
    if len(cells) == width or (len(cells) > width and not any(map(str.strip, cells[width:]))):
        return ""
    return "columns"


def _excerpt(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]", "\ufffd", text[:EXCERPT])
