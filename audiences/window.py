"""From where an audience is looked at: a store, a moment, and a stretch of contacts by id."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Q


class Window(NamedTuple):
    """The contacts that a query is about: ids above `after`, up to `bound` (None: no end)."""

    after: int = 0
    bound: int | None = None

    def over(self, column: str) -> Q:
        """The window as a condition on a column that holds contact ids."""
        above = Q(**{f"{column}__gt": self.after}) if self.after else Q()
        return above if self.bound is None else above & Q(**{f"{column}__lte": self.bound})


class Look(NamedTuple):
    """Whose contacts are looked at, when (`at` decides what is today), and along which stretch."""

    store_id: int
    at: datetime
    window: Window = Window()
