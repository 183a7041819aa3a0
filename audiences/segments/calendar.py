"""Days of the year as numbers (12 March is 312), and what 29 February means in years without one.

Who was born on 29 February has the birthday on the 28th when there is no 29th, and is a year older on that day.
"""

from calendar import isleap
from datetime import date, timedelta
from typing import NamedTuple

LEAP_DAY = 229


class Span(NamedTuple):
    """Days of the year from `first` to `last`, both included, without a turn of the year in between."""

    first: int
    last: int


def number(month: int, day: int) -> int:
    """A day of the year."""
    return month * 100 + day


def spans(first: int, last: int) -> list[Span]:
    """From one day of the year to another, over the turn of the year where `last` comes before `first`."""
    return [Span(first, last)] if first <= last else [Span(first, 1231), Span(101, last)]


def around(today: date, *, before: int, after: int) -> list[Span]:
    """The birthdays from `before` to `after` days from today (negative: ago); together less than a year."""
    first, last = today + timedelta(days=before), today + timedelta(days=after)
    end = number(last.month, last.day)
    return spans(number(first.month, first.day), LEAP_DAY if end == 228 and not isleap(last.year) else end)


def born_by(today: date, *, age: int) -> date:
    """The latest birthday of somebody who is `age` years old, or older, today."""
    year = today.year - age
    if today.month == 2 and today.day >= 28:
        if today.day == 29 and not isleap(year):
            return date(year, 2, 28)
        if today.day == 28 and not isleap(today.year) and isleap(year):
            return date(year, 2, 29)
    return date(year, today.month, today.day)
