"""What a contact's fields may hold, whether they come from the API or from a file."""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from audiences.models.contacts import GENDERS

TEXTS = {"first_name": 120, "last_name": 120, "email": 320, "language": 10, "time_zone": 64}  # characters
FIELDS = (*TEXTS, "gender", "birthday", "fields")
OLDEST = date(1900, 1, 1)
CUSTOM_TYPES = ("text", "number", "date", "yes_no")
CUSTOM_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
CUSTOM_MAX = 50  # custom fields of a store
CUSTOM_TEXT_MAX = 500  # characters
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
USUAL_EMAIL = re.compile(r"[A-Za-z0-9]+([._+-][A-Za-z0-9]+)*@([A-Za-z0-9]+(-[A-Za-z0-9]+)*\.)+[A-Za-z]{2,6}")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")


class BadValue(ValueError):
    """A value that a field cannot hold; `column` and `code` say which and why, `pointer` where in the API's body."""

    def __init__(self, code: str, *, column: str, detail: str) -> None:
        self.code, self.column, self.detail = code, column, detail
        super().__init__(detail)

    @property
    def pointer(self) -> str:
        """The JSON pointer of the field."""
        return "/" + self.column.replace(".", "/")


def check(values: Mapping[str, Any], *, custom: Mapping[str, str], today: date) -> None:
    """Raise BadValue for the first of `values` that its field cannot hold.

    `values`: some of FIELDS, typed (birthday a date, `fields` a mapping). `custom`: the store's custom fields,
    name -> type. `today`: nobody is born later.
    """
    for name, value in values.items():
        if name in TEXTS:
            text(value, column=name, longest=TEXTS[name])
        elif name == "gender" and value not in GENDERS:
            raise BadValue("bad_gender", column=name, detail=f"One of: {', '.join(filter(None, GENDERS))}.")
        elif name == "birthday" and value is not None and not OLDEST <= value <= today:
            raise BadValue("bad_birthday", column=name, detail="Between 1900 and today.")
        elif name == "fields":
            for field, content in value.items():
                _custom(field, content, custom=custom)
        elif name not in FIELDS:
            raise BadValue("unknown_field", column=name, detail="There is no such field.")


def text(value: Any, *, column: str, longest: int) -> None:
    """Raise BadValue unless `value` is a text of at most `longest` characters that its column accepts."""
    if not isinstance(value, str) or CONTROL.search(value):
        raise BadValue("bad_text", column=column, detail="A text without control characters.")
    if len(value) > longest:
        raise BadValue("too_long_text", column=column, detail=f"At most {longest} characters.")
    if not value:
        return
    if column == "email":
        _email(value)
    elif column == "language" and not LANGUAGE.fullmatch(value):
        raise BadValue("bad_language", column=column, detail="A language code, like el or pt-BR.")
    elif column == "time_zone" and value not in _time_zones():
        raise BadValue("bad_time_zone", column=column, detail="An IANA name, like Europe/Athens.")


@cache
def _time_zones() -> set[str]:
    return available_timezones()  # reads the disk, every time


def _email(value: str) -> None:
    if USUAL_EMAIL.fullmatch(value):  # the validator takes 25 µs
        return
    try:
        validate_email(value)
    except ValidationError:
        raise BadValue("bad_email", column="email", detail="An e-mail address.") from None


def _custom(name: str, value: Any, *, custom: Mapping[str, str]) -> None:
    column = f"fields.{name}"
    kind = custom.get(name)
    if kind is None:
        raise BadValue("unknown_field", column=column, detail="The store has no such custom field.")
    if value is None:
        return
    if kind == "text":
        text(value, column=column, longest=CUSTOM_TEXT_MAX)
    elif kind == "number" and (isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e15):
        raise BadValue("bad_number", column=column, detail="A number.")
    elif kind == "yes_no" and not isinstance(value, bool):
        raise BadValue("bad_yes_no", column=column, detail="true or false.")
    elif kind == "date" and not _is_date(value):
        raise BadValue("bad_date", column=column, detail="A date, as 2026-12-31.")


def _is_date(value: Any) -> bool:
    try:
        return bool(date.fromisoformat(value).isoformat() == value)
    except (TypeError, ValueError):
        return False
