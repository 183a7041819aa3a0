"""Days of the year, and the 29th of February."""

from datetime import UTC, date, datetime

import pytest

from audiences.segments.calendar import Span, around, born_by, spans
from audiences.segments.sight import sight_of
from tests.factories import StoreFactory


@pytest.mark.parametrize(
    ("today", "before", "after", "expected"),
    [
        (date(2027, 2, 28), 0, 0, [Span(228, 229)]),
        (date(2028, 2, 28), 0, 0, [Span(228, 228)]),
        (date(2028, 2, 29), 0, 0, [Span(229, 229)]),
        (date(2027, 3, 1), 0, 0, [Span(301, 301)]),
        (date(2027, 2, 27), 0, 2, [Span(227, 301)]),
        (date(2026, 12, 30), -1, 3, [Span(1229, 1231), Span(101, 102)]),
        (date(2026, 6, 15), -3, -1, [Span(612, 614)]),
    ],
)
def test_birthdays_around_a_day(today: date, before: int, after: int, expected: list[Span]) -> None:
    assert around(today, before=before, after=after) == expected


def test_a_window_may_go_over_the_turn_of_the_year() -> None:
    assert spans(1220, 105) == [Span(1220, 1231), Span(101, 105)]
    assert spans(105, 1220) == [Span(105, 1220)]


@pytest.mark.parametrize(
    ("today", "age", "expected"),
    [
        (date(2026, 11, 22), 18, date(2008, 11, 22)),
        (date(2026, 2, 28), 18, date(2008, 2, 29)),
        (date(2026, 2, 27), 18, date(2008, 2, 27)),
        (date(2028, 2, 28), 20, date(2008, 2, 28)),
        (date(2028, 2, 29), 20, date(2008, 2, 29)),
        (date(2028, 2, 29), 18, date(2010, 2, 28)),
        (date(2026, 11, 22), 0, date(2026, 11, 22)),
    ],
)
def test_who_has_an_age(today: date, age: int, expected: date) -> None:
    assert born_by(today, age=age) == expected


@pytest.mark.parametrize(
    ("zone", "at", "today", "begins"),
    [
        ("Europe/Athens", "2026-11-22T22:30+00:00", "2026-11-23", "2026-11-22T22:00+00:00"),
        ("America/Havana", "2026-03-08T12:00+00:00", "2026-03-08", "2026-03-08T05:00+00:00"),
        ("Pacific/Apia", "2026-11-22T11:30+00:00", "2026-11-23", "2026-11-22T11:00+00:00"),
    ],
)
def test_a_day_is_the_store_s_own(zone: str, at: str, today: str, begins: str) -> None:
    sight = sight_of(StoreFactory.build(time_zone=zone), at=datetime.fromisoformat(at))

    assert sight.today.isoformat() == today
    assert sight.start_of(sight.today).astimezone(UTC) == datetime.fromisoformat(begins)
