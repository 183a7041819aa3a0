from datetime import UTC, datetime

import pytest

from billing.periods import local_day, local_month, months_after, period_of


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "months", "expected"),
    [
        ("2026-01-31T10:00", 1, "2026-02-28T10:00"),
        ("2026-01-31T10:00", 2, "2026-03-31T10:00"),
        ("2028-01-31T10:00", 1, "2028-02-29T10:00"),
        ("2026-12-15T00:00", 1, "2027-01-15T00:00"),
        ("2028-02-29T00:00", 12, "2029-02-28T00:00"),
    ],
)
def test_months_keep_the_day_where_there_is_one(moment: str, months: int, expected: str) -> None:
    assert months_after(at(moment), months) == at(expected)


@pytest.mark.parametrize(
    ("now", "interval", "start", "end"),
    [
        ("2026-01-31T10:00", "month", "2026-01-31T10:00", "2026-02-28T10:00"),
        ("2026-02-28T09:59", "month", "2026-01-31T10:00", "2026-02-28T10:00"),
        ("2026-02-28T10:00", "month", "2026-02-28T10:00", "2026-03-31T10:00"),
        ("2026-03-31T09:00", "month", "2026-02-28T10:00", "2026-03-31T10:00"),
        ("2027-07-01T00:00", "month", "2027-06-30T10:00", "2027-07-31T10:00"),
        ("2026-12-31T00:00", "year", "2026-01-31T10:00", "2027-01-31T10:00"),
        ("2028-01-31T10:00", "year", "2028-01-31T10:00", "2029-01-31T10:00"),
    ],
)
def test_a_period_is_counted_from_the_anchor(now: str, interval: str, start: str, end: str) -> None:
    assert period_of(at(now), anchor=at("2026-01-31T10:00"), interval=interval) == (at(start), at(end))


def test_a_month_begins_and_ends_by_the_stores_clock() -> None:
    assert local_month(2026, 10, zone="Europe/Athens") == (at("2026-09-30T21:00"), at("2026-10-31T22:00"))
    assert local_month(2026, 12, zone="UTC") == (at("2026-12-01T00:00"), at("2027-01-01T00:00"))


def test_a_day_begins_by_the_stores_clock() -> None:
    assert local_day(at("2026-07-01T22:30"), zone="Europe/Athens") == at("2026-07-01T21:00")
    assert local_day(at("2026-07-01T20:59"), zone="Europe/Athens") == at("2026-06-30T21:00")
