"""Filters that several lists share."""

from datetime import UTC, datetime
from typing import Any

import django_filters
from django.db.models import QuerySet

from config.problems import invalid


class MomentFilter(django_filters.IsoDateTimeFilter):  # type: ignore[misc]
    """A time in ISO 8601, asked of the database in UTC: it knows fewer offsets than Python does."""

    def filter(self, rows: "QuerySet[Any]", value: datetime | None) -> "QuerySet[Any]":
        """The rows on the right side of it. Raises InvalidFields for a time before the first year."""
        try:
            narrowed: QuerySet[Any] = super().filter(rows, value and value.astimezone(UTC))
        except OverflowError:
            raise invalid(f"/{self.field_name}", "This time is out of range.") from None
        return narrowed
