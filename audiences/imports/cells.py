"""One cell of a file becomes the value of a field, or is refused with a code: nothing in it is guessed."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache, partial
from typing import Any

from audiences.fields import TEXTS, USUAL_EMAIL, BadValue, check, text
from audiences.imports.columns import CUSTOM, plain
from audiences.phones import CODES as PHONE_CODES

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
MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?")
EXACT = re.compile(r"-?[0-9]{1,16}")
DECIMAL = re.compile(r"-?[0-9]{1,16}[.,][0-9]{1,20}")
GUARDED = re.compile(r"'+[=+\-@\t\r]")
REMEMBERED = 4096  # cells of a column whose values are few: dates, genders, languages

Take = Callable[[str], Any]


def unguarded(cell: str) -> str:
    """A cell without the apostrophe that exports put before what looks like a formula (config.spreadsheet.harmless)."""
    return cell[1:] if GUARDED.match(cell) else cell


def taker(field: str, *, custom: Mapping[str, str], today: date) -> Take:
    """What makes the value of `field` from a cell that is not empty: a text for staging, or a custom field's value.

    It raises BadValue. `custom`: the store's custom fields, name -> type. `today`: nobody is born later.
    """
    if field.startswith(CUSTOM):
        return _custom_taker(field.removeprefix(CUSTOM), custom=custom, today=today)
    if field == "email":
        return _email
    if field in {"first_name", "last_name"}:
        return partial(_free_text, column=field, longest=TEXTS[field])
    if field in TEXTS:
        return lru_cache(REMEMBERED)(partial(_vocabulary, column=field, longest=TEXTS[field]))
    if field == "birthday":
        return lru_cache(REMEMBERED)(partial(_birthday, today=today))
    if field == "gender":
        return lru_cache(REMEMBERED)(partial(_word, words=GENDERS, code="bad_gender"))
    return lru_cache(REMEMBERED)(_consent)


def _custom_taker(name: str, *, custom: Mapping[str, str], today: date) -> Take:
    kind = custom[name]

    def take(cell: str) -> Any:
        value = CUSTOM_KINDS[kind](cell)
        check({"fields": {name: value}}, custom=custom, today=today)
        return value

    return take if kind == "text" else lru_cache(REMEMBERED)(take)


def _free_text(cell: str, *, column: str, longest: int) -> str:
    if len(cell) > longest or not cell.isprintable():
        text(cell, column=column, longest=longest)
    return cell


def _vocabulary(cell: str, *, column: str, longest: int) -> str:
    text(cell, column=column, longest=longest)
    return cell


def _email(cell: str) -> str:
    if not USUAL_EMAIL.fullmatch(cell) or len(cell) > TEXTS["email"]:
        text(cell, column="email", longest=TEXTS["email"])
    return cell


def _birthday(cell: str, *, today: date) -> str:
    born = _date(cell, code="bad_birthday")
    check({"birthday": born}, custom={}, today=today)
    return born.isoformat()


def _consent(cell: str) -> bool | None:
    """Yes, no, or None for a word that says neither."""
    return None if plain(cell) == "unknown" else bool(_word(cell, words=YES_NO, code="bad_consent"))


def _word(cell: str, *, words: Mapping[str, Any], code: str) -> Any:
    try:
        return words[plain(cell)]
    except KeyError:
        raise BadValue(code, column="", detail=CODES[code]) from None


def _date(cell: str, *, code: str) -> date:
    """ISO, or the day first; 12/31/1990 is refused, since 12/11/1990 could not be told from it. Midnight is no time."""
    try:
        if match := DAY_FIRST.fullmatch(cell):
            day, month, year = map(int, match.groups())
            return date(year, month, day)
        return date.fromisoformat(cell[:10] if MIDNIGHT.fullmatch(cell, 10) else cell)
    except ValueError:
        raise BadValue(code, column="", detail=CODES[code]) from None


def _number(cell: str) -> int | float:
    if EXACT.fullmatch(cell):
        return int(cell)
    if DECIMAL.fullmatch(cell):
        return float(cell.replace(",", "."))
    raise BadValue("bad_number", column="", detail=CODES["bad_number"])


CUSTOM_KINDS: dict[str, Take] = {
    "text": str,
    "number": _number,
    "date": lambda cell: _date(cell, code="bad_date").isoformat(),
    "yes_no": partial(_word, words=YES_NO, code="bad_yes_no"),
}
