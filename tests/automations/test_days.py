"""Days, hours and birthdays by the clock of a store."""

from datetime import UTC, date, datetime, timedelta

import pytest

from campaigns.automations.days import Birthdays, Hour, birthdays


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "hour", "day", "moment"),
    [
        ("Pacific/Kiritimati", 9, "2026-07-01", "2026-06-30T19:00"),
        ("Pacific/Pago_Pago", 9, "2026-07-01", "2026-07-01T20:00"),
        ("Asia/Kathmandu", 9, "2026-07-01", "2026-07-01T03:15"),
        ("America/St_Johns", 9, "2026-07-01", "2026-07-01T11:30"),
        ("Australia/Lord_Howe", 9, "2026-07-01", "2026-06-30T22:30"),
        # Skipped in spring: the first moment after the gap. Twice in autumn: the first time.
        ("Europe/Athens", 3, "2026-03-29", "2026-03-29T01:00"),
        ("Europe/Athens", 3, "2026-10-25", "2026-10-25T00:00"),
        ("Australia/Lord_Howe", 2, "2026-10-04", "2026-10-03T15:30"),
        ("America/St_Johns", 2, "2026-03-08", "2026-03-08T05:30"),
        ("America/Santiago", 0, "2026-09-06", "2026-09-06T04:00"),  # midnight itself is skipped
    ],
)
def test_an_hour_of_a_day_is_one_moment(zone: str, hour: int, day: str, moment: str) -> None:
    assert Hour(hour, zone).on(date.fromisoformat(day)) == utc(moment)


@pytest.mark.parametrize(
    ("zone", "after", "day"),
    [
        ("Europe/Athens", "2026-07-01T05:59", "2026-07-01"),
        ("Europe/Athens", "2026-07-01T06:00", "2026-07-02"),  # at the very moment it is too late
        ("Pacific/Kiritimati", "2026-06-30T18:59", "2026-07-01"),
        ("Pacific/Kiritimati", "2026-06-30T19:00", "2026-07-02"),
        ("Pacific/Pago_Pago", "2026-06-30T19:59", "2026-06-30"),
        ("Pacific/Pago_Pago", "2026-07-01T20:00", "2026-07-02"),
    ],
)
def test_the_first_day_is_the_one_whose_hour_is_still_to_come(zone: str, after: str, day: str) -> None:
    assert Hour(9, zone).first_day(utc(after)) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("hour", "window", "closes"),
    [
        (9, 6, "2026-07-01T12:00"),
        (20, 6, "2026-07-01T21:00"),  # midnight in Athens
        (9, 72, "2026-07-01T21:00"),
    ],
)
def test_a_window_ends_with_the_day(hour: int, window: int, closes: str) -> None:
    found = Hour(hour, "Europe/Athens").closes(date(2026, 7, 1), window=timedelta(hours=window))

    assert found == utc(closes)


def test_a_day_that_a_zone_skipped_is_over_with_the_next_one() -> None:
    # Samoa had no 30 December 2011: its hour is the first moment of the 31st.
    clock = Hour(9, "Pacific/Apia")

    assert clock.on(date(2011, 12, 30)) == utc("2011-12-30T10:00")
    assert clock.closes(date(2011, 12, 30), window=timedelta(hours=6)) == utc("2011-12-30T16:00")


@pytest.mark.parametrize(
    ("day", "offset", "expected"),
    [
        ("2026-07-01", 0, Birthdays(2026, ((7, 1),))),
        ("2026-07-01", -7, Birthdays(2026, ((7, 8),))),
        ("2026-07-01", 2, Birthdays(2026, ((6, 29),))),
        # Celebrated in another year than it is sent in.
        ("2026-12-27", -7, Birthdays(2027, ((1, 3),))),
        ("2027-01-02", 3, Birthdays(2026, ((12, 30),))),
        # 29 February: itself where there is one, else 28 February.
        ("2026-02-28", 0, Birthdays(2026, ((2, 28), (2, 29)))),
        ("2026-03-01", 0, Birthdays(2026, ((3, 1),))),
        ("2028-02-28", 0, Birthdays(2028, ((2, 28),))),
        ("2028-02-29", 0, Birthdays(2028, ((2, 29),))),
        ("2100-02-28", 0, Birthdays(2100, ((2, 28), (2, 29)))),  # no leap year
        ("2026-02-21", -7, Birthdays(2026, ((2, 28), (2, 29)))),
        ("2026-03-01", 1, Birthdays(2026, ((2, 28), (2, 29)))),
        ("2028-03-01", 1, Birthdays(2028, ((2, 29),))),
    ],
)
def test_whose_message_belongs_to_a_day(day: str, offset: int, expected: Birthdays) -> None:
    assert birthdays(date.fromisoformat(day), offset=offset) == expected


def test_every_birthday_is_on_exactly_one_day_of_every_year() -> None:
    for year in (2026, 2028):
        first = date(year, 1, 1)
        seen: list[tuple[int, int]] = []
        for number in range(366 if year == 2028 else 365):
            seen += birthdays(first + timedelta(days=number), offset=0).days
        assert len(seen) == len(set(seen)) == 366
