"""Quiet hours by the clock where the person is: own zone, zones of the number's country, else the store's."""

from datetime import UTC, datetime, time

import pytest

from audiences.models import Store
from audiences.quiet_hours import allowed_from, candidates, zones_of

NIGHT = (time(21), time(9))


def shop(quiet: tuple[time, time] | None = NIGHT, *, zone: str = "Europe/Athens") -> Store:
    """A store that is not saved, quiet from … until …."""
    start, end = quiet or (None, None)
    return Store(name="Shop", time_zone=zone, country="GR", quiet_from=start, quiet_until=end)


def moment(text: str) -> datetime:
    """A moment in UTC, e.g. `2026-01-15 20:30`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def until(text: str, *, store: Store | None = None, country: str = "GR", zone: str = "") -> str | None:
    """When somebody may be texted who may not at `text`, in UTC; None when he may."""
    found = allowed_from(store or shop(), country=country, time_zone=zone, now=moment(text))
    return found.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if found else None


@pytest.mark.parametrize(
    ("now", "allowed"),
    [
        ("2026-01-15 18:59", None),  # 20:59 in Athens
        ("2026-01-15 19:00", "2026-01-16 07:00"),
        ("2026-01-15 22:30", "2026-01-16 07:00"),  # after midnight there
        ("2026-01-16 06:59", "2026-01-16 07:00"),
        ("2026-01-16 07:00", None),
        ("2026-01-16 12:00", None),
    ],
)
def test_over_midnight(now: str, allowed: str | None) -> None:
    assert until(now) == allowed


@pytest.mark.parametrize(
    ("now", "allowed"),
    [
        ("2026-01-15 10:59", None),  # 12:59
        ("2026-01-15 11:00", "2026-01-15 13:30"),
        ("2026-01-15 13:29", "2026-01-15 13:30"),
        ("2026-01-15 13:30", None),
        ("2026-01-15 23:00", None),
    ],
)
def test_within_a_day(now: str, allowed: str | None) -> None:
    assert until(now, store=shop((time(13), time(15, 30)))) == allowed


@pytest.mark.parametrize("quiet", [None, (time(8), time(8))])
def test_without_quiet_hours_everybody_may_be_texted(quiet: tuple[time, time] | None) -> None:
    assert until("2026-01-15 23:30", store=shop(quiet)) is None


def test_half_a_pair_is_no_quiet() -> None:
    store = shop()
    store.quiet_until = None

    assert until("2026-01-15 23:30", store=store) is None


def test_the_country_of_the_number_decides_and_not_the_stores() -> None:
    assert until("2026-01-15 19:30", country="GR") == "2026-01-16 07:00"
    assert until("2026-01-15 19:30", country="GB") is None
    assert until("2026-01-15 21:30", country="GB") == "2026-01-16 09:00"


def test_a_country_of_several_zones_is_quiet_while_one_of_them_is() -> None:
    # Lisbon 20:30, Azores 19:30; an hour later Lisbon is quiet and the Azores are not.
    assert until("2026-01-15 20:30", country="PT") is None
    assert until("2026-01-15 21:30", country="PT") == "2026-01-16 10:00"  # when the Azores have slept, too
    # Lisbon woke at 9:00, the Azores sleep for another hour.
    assert until("2026-01-16 09:30", country="PT") == "2026-01-16 10:00"
    assert until("2026-01-16 10:00", country="PT") is None


def test_the_contacts_own_zone_wins() -> None:
    assert until("2026-01-15 21:30", country="PT", zone="Atlantic/Azores") is None
    assert until("2026-01-15 22:00", country="PT", zone="Atlantic/Azores") == "2026-01-16 10:00"
    assert until("2026-01-15 19:30", country="GR", zone="America/New_York") is None


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "\0", " "])
def test_a_zone_that_does_not_exist_is_as_none(zone: str) -> None:
    assert until("2026-01-15 19:30", zone=zone) == "2026-01-16 07:00"


def test_without_a_country_the_stores_zone_decides() -> None:
    assert candidates(shop(zone="Asia/Tokyo"), country="", time_zone="") == ("Asia/Tokyo",)
    assert until("2026-01-15 12:30", store=shop(zone="Asia/Tokyo"), country="") == "2026-01-16 00:00"


def test_zones_of_countries() -> None:
    assert zones_of("GR") == ("Europe/Athens",)
    assert set(zones_of("PT")) == {"Europe/Lisbon", "Atlantic/Madeira", "Atlantic/Azores"}
    assert len(zones_of("US")) > 20
    assert zones_of("XX") == ()


def test_an_hour_that_the_clock_skips_ends_with_the_gap() -> None:
    # Athens, 29 March 2026: 03:00 becomes 04:00. 03:30 does not exist; 04:30 summer time is the moment it would be.
    store = shop((time(22), time(3, 30)))

    assert until("2026-03-28 23:00", store=store) == "2026-03-29 01:30"
    assert until("2026-03-29 00:59", store=store) == "2026-03-29 01:30"
    assert until("2026-03-29 01:30", store=store) is None


def test_an_hour_that_comes_twice_is_quiet_once() -> None:
    # Athens, 25 October 2026: 04:00 becomes 03:00 at 01:00 UTC, so 03:15 comes twice; the first 03:30 ends the quiet.
    store = shop((time(22), time(3, 30)))

    assert until("2026-10-25 00:15", store=store) == "2026-10-25 00:30"
    assert until("2026-10-25 00:45", store=store) is None
    assert until("2026-10-25 01:15", store=store) is None


def test_the_night_of_the_change_has_the_local_end() -> None:
    assert until("2026-03-28 20:00") == "2026-03-29 06:00"  # 9:00 in summer time
    assert until("2026-10-24 19:00") == "2026-10-25 07:00"  # 9:00 in winter time


def test_the_answer_is_aware_and_later() -> None:
    now = moment("2026-01-15 20:00")

    found = allowed_from(shop(), country="GR", time_zone="", now=now)

    assert found
    assert found.tzinfo
    assert found > now


@pytest.mark.parametrize(
    ("now", "allowed"),
    [
        ("2026-01-15 11:00", None),  # 13:00 in Kaliningrad, which wakes last
        ("2026-01-15 19:00", "2026-01-16 08:00"),
        ("2026-01-16 07:59", "2026-01-16 08:00"),
        ("2026-01-16 08:00", None),
        ("2026-01-16 17:59", None),
        ("2026-01-16 18:00", "2026-01-17 08:00"),
    ],
)
def test_where_all_are_never_awake_together_the_last_zone_to_wake_decides(now: str, allowed: str | None) -> None:
    store = shop((time(20), time(10)))  # eleven hours of zones, ten waking hours

    assert until(now, store=store, country="RU") == allowed


def test_a_short_quiet_walks_along_all_zones() -> None:
    lunch = shop((time(13), time(14)))

    # 13:00 in Kamchatka; the hour goes west from zone to zone, until it is over in Kaliningrad.
    assert until("2026-01-15 01:00", store=lunch, country="RU") == "2026-01-15 12:00"
