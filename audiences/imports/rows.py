"""One record of a file becomes a row to store, or is refused with a code: nothing in it is guessed."""

import json
import re
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from audiences.fields import BadValue, check
from audiences.imports.columns import CUSTOM, custom_fields, plain
from audiences.imports.reading import Record
from audiences.models import ContactImport
from audiences.phones import CODES as PHONE_CODES
from audiences.phones import BadPhone, normalise, phone_hash

EXCERPT = 100  # characters of a refused value that are kept for the importer to find it again
CODES = {
    **PHONE_CODES,
    "columns": "The row has another number of cells than the heading.",
    "row_too_long": "The row has more than 65536 bytes.",
    "bad_quotes": "A quotation mark does not close.",
    "bad_text": "The text has control characters.",
    "too_long_text": "The text is too long.",
    "bad_email": "This is not an e-mail address.",
    "bad_gender": "One of: female, male, other.",
    "bad_birthday": "A date between 1900 and the import, as 1990-12-31 or 31/12/1990.",
    "bad_language": "A language code, like el or pt-BR.",
    "bad_time_zone": "An IANA name, like Europe/Athens.",
    "bad_consent": "Yes or no.",
    "bad_number": "A number.",
    "bad_date": "A date, as 2026-12-31 or 31/12/2026.",
    "bad_yes_no": "Yes or no.",
}

GENDERS = {
    **dict.fromkeys(map(plain, ("f", "female", "woman", "w", "γ", "θ", "γυναίκα", "θήλυ")), "female"),
    **dict.fromkeys(map(plain, ("m", "male", "man", "α", "άνδρας", "άντρας", "άρρεν")), "male"),
    **dict.fromkeys(map(plain, ("o", "other", "x", "άλλο")), "other"),
}
YES_NO = {
    **dict.fromkeys(map(plain, ("yes", "y", "true", "t", "1", "ναι", "ν", "opted in", "subscribed")), True),
    **dict.fromkeys(map(plain, ("no", "n", "false", "f", "0", "όχι", "ο", "opted out", "unsubscribed")), False),
}
DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
EXACT = re.compile(r"-?[0-9]{1,15}")
DECIMAL = re.compile(r"-?[0-9]{1,15}[.,][0-9]{1,9}")


class Row(NamedTuple):
    """A row to store, in the order of the staging table. None: the file says nothing."""

    row: int
    phone: str
    phone_hash: bytes
    country: str
    first_name: str | None
    last_name: str | None
    email: str | None
    birthday: date | None
    gender: str | None
    language: str | None
    time_zone: str | None
    fields: str
    consent: str
    lower: bool


class Refused(NamedTuple):
    """A row that was not taken: where, why, and an excerpt of the value."""

    row: int
    column: str
    code: str
    value: str


class Shape(NamedTuple):
    """How to read the rows of one import."""

    width: int
    columns: tuple[tuple[int, str, str], ...]  # place, heading, field
    country: str
    custom: dict[str, str]
    consent: str  # stated for the file
    today: date

    @classmethod
    def of(cls, job: ContactImport, names: Sequence[str]) -> "Shape":
        """The shape of a stored import whose file has these headings."""
        columns = tuple((at, name, job.mapping[name]) for at, name in enumerate(names) if name in job.mapping)
        store = job.store
        custom = {**dict.fromkeys(custom_fields(job.mapping), "text"), **store.custom_fields}
        return cls(len(names), columns, store.country, custom, job.consent, job.created_at.date())


def read(record: Record, shape: Shape) -> Row | Refused:
    """What a record that is not blank says."""
    if record.fault:
        return Refused(record.row, "", record.fault, "")
    if len(record.cells) < shape.width or any(cell.strip() for cell in record.cells[shape.width :]):
        return Refused(record.row, "", "columns", "")
    values: dict[str, Any] = {}
    for place, heading, field in shape.columns:
        text = record.cells[place].strip()
        if not text and field != "phone":
            continue
        try:
            values[field] = _value(text, field=field, shape=shape)
        except (BadPhone, BadValue) as error:
            return Refused(record.row, heading, error.code, _excerpt(text))
    return _row(record.row, values, stated=shape.consent)


def _value(text: str, *, field: str, shape: Shape) -> Any:
    """The typed value of a cell. Raises BadPhone, BadValue."""
    if field == "phone":
        return normalise(text, country=shape.country)
    if field == "gender":
        return _word(text, GENDERS, code="bad_gender")
    if field == "consent":
        return None if plain(text) == "unknown" else _word(text, YES_NO, code="bad_consent")
    if field.startswith(CUSTOM):
        name = field.removeprefix(CUSTOM)
        value = _custom(text, kind=shape.custom[name])
        check({"fields": {name: value}}, custom=shape.custom, today=shape.today)
        return value
    value = _date(text, code="bad_birthday") if field == "birthday" else text
    check({field: value}, custom={}, today=shape.today)
    return value


def _custom(text: str, *, kind: str) -> Any:
    if kind == "number":
        return _number(text)
    if kind == "date":
        return _date(text, code="bad_date").isoformat()
    if kind == "yes_no":
        return _word(text, YES_NO, code="bad_yes_no")
    return text


def _row(number: int, values: dict[str, Any], *, stated: str) -> Row:
    """A cell may lower the consent that was stated for the file; it raises nothing that was not stated."""
    phone = values["phone"]
    custom = {field.removeprefix(CUSTOM): value for field, value in values.items() if field.startswith(CUSTOM)}
    lower = values.get("consent") is False or stated == "opted_out"
    return Row(
        number,
        phone.e164,
        phone_hash(phone.e164),
        phone.country,
        values.get("first_name"),
        values.get("last_name"),
        values.get("email"),
        values.get("birthday"),
        values.get("gender"),
        values.get("language"),
        values.get("time_zone"),
        json.dumps(custom, ensure_ascii=False) if custom else "{}",
        "opted_out" if lower else stated,
        lower,
    )


def _word(text: str, words: dict[str, Any], *, code: str) -> Any:
    try:
        return words[plain(text)]
    except KeyError:
        raise BadValue(code, column="", detail=CODES[code]) from None


def _date(text: str, *, code: str) -> date:
    """ISO, or the day first; 12/31/1990 is refused, since 12/11/1990 could not be told from it."""
    try:
        if match := DAY_FIRST.fullmatch(text):
            day, month, year = map(int, match.groups())
            return date(year, month, day)
        return date.fromisoformat(text)
    except ValueError:
        raise BadValue(code, column="", detail=CODES[code]) from None


def _number(text: str) -> int | float:
    if EXACT.fullmatch(text):
        return int(text)
    if DECIMAL.fullmatch(text):
        return float(text.replace(",", "."))
    raise BadValue("bad_number", column="", detail=CODES["bad_number"])


def _excerpt(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]", "\ufffd", text[:EXCERPT])
