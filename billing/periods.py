"""Months and years from a moment on: the periods of plans, and the days and months of statements and caps."""

import calendar
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

MONTHS = {"month": 1, "year": 12}


class Period(NamedTuple):
    """From `start` up to, and without, `end`."""

    start: datetime
    end: datetime


def months_after(moment: datetime, months: int) -> datetime:
    """The same day and time so many months on, in UTC; the last day of the month where there is no such day."""
    moment = moment.astimezone(UTC)
    index = moment.year * 12 + moment.month - 1 + months
    year, month = divmod(index, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def period_of(now: datetime, *, anchor: datetime, interval: str) -> Period:
    """The period of a plan that `now` is in. `anchor`: the beginning of the first; `interval`: month or year."""
    step = MONTHS[interval]
    gone = (now.astimezone(UTC).year - anchor.year) * 12 + now.astimezone(UTC).month - anchor.month
    number = max(gone // step, 0)
    if months_after(anchor, number * step) > now:
        number -= 1
    elif months_after(anchor, (number + 1) * step) <= now:
        number += 1
    return Period(months_after(anchor, number * step), months_after(anchor, (number + 1) * step))


def local_month(year: int, month: int, *, zone: str) -> Period:
    """A calendar month by the clock of a time zone (IANA name)."""
    after = (year + 1, 1) if month == 12 else (year, month + 1)
    return Period(*(datetime(*one, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC) for one in ((year, month), after)))


def local_day(now: datetime, *, zone: str) -> datetime:
    """When the day of `now` began by the clock of a time zone."""
    local = now.astimezone(ZoneInfo(zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)
