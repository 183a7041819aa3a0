"""The days and hours of daily automations, by the clock of the store (gaps and overlaps: campaigns.clock)."""

from calendar import isleap
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from campaigns.clock import instant

DAY = timedelta(days=1)


class Hour(NamedTuple):
    """An hour of the day (0 to 23) by the clock of an IANA zone."""

    hour: int
    zone: str

    def on(self, day: date) -> datetime:
        """When a clock there shows it on `day`, in UTC; skipped in spring: the first moment after the gap."""
        return instant(datetime.combine(day, time(self.hour)), zone=self.zone)

    def first_day(self, after: datetime) -> date:
        """The first day whose hour comes later than `after`."""
        day = after.astimezone(ZoneInfo(self.zone)).date() - DAY
        while self.on(day) <= after:
            day += DAY
        return day

    def closes(self, day: date, *, window: timedelta) -> datetime:
        """The last moment at which the message of `day` may start: within the window, and on the same day."""
        due = self.on(day)
        here = due.astimezone(ZoneInfo(self.zone)).date()
        return min(due + window, instant(datetime.combine(here + DAY, time(0)), zone=self.zone))


class Birthdays(NamedTuple):
    """Birthdays (month, day) that are celebrated on one day, and the year in which that is."""

    year: int
    days: tuple[tuple[int, int], ...]


def birthdays(day: date, *, offset: int) -> Birthdays:
    """Whose message belongs to `day`, `offset` days after the birthday. 29 Feb is 28 Feb in years without one."""
    celebrated = day - timedelta(days=offset)
    days = [(celebrated.month, celebrated.day)]
    if days == [(2, 28)] and not isleap(celebrated.year):
        days.append((2, 29))
    return Birthdays(celebrated.year, tuple(days))
