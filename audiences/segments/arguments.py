"""What operators take. Each type reads what the API got, and refuses what it does not understand."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from audiences.fields import CONTROL
from audiences.segments.rule import Argument, Unfit
from audiences.segments.sight import Sight
from config.opaque import private_id, public_id

TEXT_MAX = 200  # characters
LIST_MAX = 100  # values of one argument
NUMBER_MAX = 1e15
DAYS_MAX = 3660
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
MONTH_DAY = re.compile(r"(\d\d)-(\d\d)")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


class Plain:
    """An argument that is stored as the API has it. `name`: in the catalogue."""

    name = ""

    def read(self, value: Any, sight: Sight) -> Any:
        """The value itself, if it is one. Raises Unfit."""
        raise Unfit("bad_argument", "Nothing can be said here.")

    def check(self, stored: Any, sight: Sight) -> None:
        """As it was read: a type that changed meanwhile refuses it."""
        self.read(stored, sight)

    def show(self, stored: Any) -> Any:
        """The value itself."""
        return stored

    def words(self, stored: Any, sight: Sight) -> str:
        """The value itself."""
        return str(stored)


class Text(Plain):
    """A text."""

    name = "text"

    def read(self, value: Any, sight: Sight) -> str:
        """Raises Unfit for an empty one, a long one, and one with control characters."""
        if not isinstance(value, str) or not value.strip() or len(value) > TEXT_MAX or CONTROL.search(value):
            raise Unfit("bad_text", f"A text of 1 to {TEXT_MAX} characters.")
        return value

    def words(self, stored: Any, sight: Sight) -> str:
        """In quotes."""
        return f"“{stored}”"


class Pattern(Text):
    """A text of a certain form."""

    def __init__(self, name: str, form: str, detail: str) -> None:
        self.name, self._form, self._detail = name, re.compile(form), detail

    def read(self, value: Any, sight: Sight) -> str:
        """Raises Unfit."""
        if not isinstance(value, str) or not self._form.fullmatch(value):
            raise Unfit(f"bad_{self.name}", self._detail)
        return value

    def words(self, stored: Any, sight: Sight) -> str:
        """As it is."""
        return str(stored)


class Choice(Plain):
    """One of some words."""

    def __init__(self, *words: str) -> None:
        self.options = words
        self.name = f"one of {', '.join(words)}"

    def read(self, value: Any, sight: Sight) -> str:
        """Raises Unfit."""
        if not isinstance(value, str) or value not in self.options:
            raise Unfit("bad_choice", f"One of: {', '.join(self.options)}.")
        return value

    def words(self, stored: Any, sight: Sight) -> str:
        """Without underscores."""
        return str(stored).replace("_", " ")


class Flag(Plain):
    """Yes or no."""

    name = "true or false"

    def read(self, value: Any, sight: Sight) -> bool:
        """Raises Unfit."""
        if not isinstance(value, bool):
            raise Unfit("bad_yes_no", "true or false.")
        return value

    def words(self, stored: Any, sight: Sight) -> str:
        """Yes or no."""
        return "yes" if stored else "no"


class Number(Plain):
    """A number between two bounds."""

    def __init__(self, name: str = "number", *, least: float, most: float, whole: bool = False) -> None:
        self.name, self._least, self._most, self._whole = name, least, most, whole

    def read(self, value: Any, sight: Sight) -> float:
        """Raises Unfit, also for what is no finite number."""
        kinds = int if self._whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not self._least <= value <= self._most:
            raise Unfit("bad_number", f"A {self._kind} from {self._least:g} to {self._most:g}.")
        return value

    @property
    def _kind(self) -> str:
        return "whole number" if self._whole else "number"


class Day(Plain):
    """A date."""

    name = "date"

    def read(self, value: Any, sight: Sight) -> str:
        """Raises Unfit."""
        try:
            day = date.fromisoformat(value)
        except (TypeError, ValueError):
            day = None
        if day is None or day.isoformat() != value or not FIRST_DAY <= day <= LAST_DAY:
            raise Unfit("bad_date", "A date from 1900 to 2200, as 2026-12-31.")
        return str(value)


class Month(Plain):
    """A month of the year, or the one that it is."""

    name = "month"
    NAMED = {"this": 0, "next": 1}

    def read(self, value: Any, sight: Sight) -> Any:
        """Raises Unfit."""
        named = isinstance(value, str) and value in self.NAMED
        if not named and (not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 12):
            raise Unfit("bad_month", "A month from 1 to 12, `this` or `next`.")
        return value

    def words(self, stored: Any, sight: Sight) -> str:
        """Its name."""
        return f"{stored} month" if stored in self.NAMED else MONTHS[stored - 1]

    @classmethod
    def number(cls, stored: Any, *, today: date) -> int:
        """From 1 to 12."""
        return (today.month - 1 + cls.NAMED[stored]) % 12 + 1 if isinstance(stored, str) else int(stored)


class MonthDay(Plain):
    """A day of any year."""

    name = "day of the year"

    def read(self, value: Any, sight: Sight) -> str:
        """Raises Unfit."""
        found = MONTH_DAY.fullmatch(value) if isinstance(value, str) else None
        try:
            date.fromisoformat(f"2000-{value}")  # a year with 29 February
        except ValueError:
            found = None
        if found is None:
            raise Unfit("bad_day", "A day of the year, as 12-31.")
        return str(value)


class Several(Plain):
    """Some values, any of which will do."""

    def __init__(self, one: Argument) -> None:
        self.one = one
        self.name = f"list of {one.name}"

    def read(self, value: Any, sight: Sight) -> list[Any]:
        """Raises Unfit for no list, an empty one, a long one, or the first value that is none."""
        if not isinstance(value, list) or not 1 <= len(value) <= LIST_MAX:
            raise Unfit("bad_list", f"A list of 1 to {LIST_MAX} values.")
        return [self.one.read(each, sight) for each in value]

    def words(self, stored: Any, sight: Sight) -> str:
        """One after the other."""
        return " or ".join(self.one.words(each, sight) for each in stored)


class OneOrSeveral(Several):
    """One value, or some."""

    def __init__(self, one: Argument) -> None:
        super().__init__(one)
        self.name = f"{one.name}, or list of them"

    def read(self, value: Any, sight: Sight) -> list[Any]:
        """Always a list. Raises Unfit."""
        return super().read(value if isinstance(value, list) else [value], sight)


class Pair(Plain):
    """From one value to another. `ordered`: the second is not before the first."""

    def __init__(self, one: Argument, *, ordered: bool = True) -> None:
        self.one, self._ordered = one, ordered
        self.name = f"[{one.name}, {one.name}]"

    def read(self, value: Any, sight: Sight) -> list[Any]:
        """Raises Unfit."""
        if not isinstance(value, list) or len(value) != 2:
            raise Unfit("bad_pair", "A list of two: from and to.")
        first, last = (self.one.read(each, sight) for each in value)
        if self._ordered and last < first:
            raise Unfit("bad_order", "The second is not to be before the first.")
        return [first, last]

    def words(self, stored: Any, sight: Sight) -> str:
        """From and to."""
        return " to ".join(self.one.words(each, sight) for each in stored)


class Named(Plain):
    """Something of the store, by its public id. `name_of(pk, store id)`: its name, or None when there is no such."""

    def __init__(self, name: str, *, kind: str, name_of: Callable[[int, int], str | None]) -> None:
        self.name, self._kind, self._name_of = name, kind, name_of

    def read(self, value: Any, sight: Sight) -> int:
        """Its primary key. Raises Unfit, also for another store's."""
        pk = private_id(value, kind=self._kind) if isinstance(value, str) else None
        if pk is None or self._name_of(pk, sight.store_id) is None:
            raise Unfit("unknown_id", f"There is no such {self.name.removesuffix(' id')}.")
        return pk

    def check(self, stored: Any, sight: Sight) -> None:
        """Raise Unfit when it is gone."""
        if not isinstance(stored, int) or self._name_of(stored, sight.store_id) is None:
            raise Unfit("gone", f"The {self.name.removesuffix(' id')} is gone.")

    def show(self, stored: Any) -> str:
        """Its public id."""
        return public_id(stored, kind=self._kind)

    def words(self, stored: Any, sight: Sight) -> str:
        """Its name."""
        name = self._name_of(stored, sight.store_id)
        return f"“{name}”" if name is not None else f"a {self.name.removesuffix(' id')} that is gone"


DAYS = Number("days", least=0, most=DAYS_MAX, whole=True)
NUMBER = Number(least=-NUMBER_MAX, most=NUMBER_MAX)
AGE = Number("years", least=0, most=120, whole=True)
SHIFT = Number("days from today", least=-180, most=180, whole=True)
COUNTRY = Pattern("country", r"[A-Z]{2}", "An ISO 3166 code, like GR.")
LANGUAGE = Pattern("language", r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})?", "A language code, like el or pt-BR.")
