"""What a rule may know besides the contact: the store, its clock's day, its custom fields, and the window."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from audiences.models import Store
from audiences.window import Window


class Sight(NamedTuple):
    """One store on one day of its own calendar. `custom`: its custom fields, name -> type."""

    store_id: int
    zone: str
    today: date
    custom: Mapping[str, str]
    window: Window = Window()

    def start_of(self, day: date) -> datetime:
        """The first moment of a day by the store's clock, also where that day begins at one o'clock."""
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zone))

    def ago(self, days: int) -> date:
        """The day so many days before today."""
        return self.today - timedelta(days=days)


def sight_of(store: Store, *, at: datetime, window: Window = Window()) -> Sight:  # noqa: B008 - it never changes
    """The store as it is, on the day that its clock shows at `at`."""
    today = at.astimezone(ZoneInfo(store.time_zone)).date()
    return Sight(store.pk, store.time_zone, today, store.custom_fields, window)
