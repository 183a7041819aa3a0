"""What a clock shows and when that is: gaps, overlaps, and whose clock."""

from datetime import UTC, datetime

import pytest

from audiences.models import Store
from campaigns.clock import Place, instant, released, shown
from tests.factories import StoreFactory

NINE = datetime.fromisoformat("2026-07-01T09:00:00")


@pytest.mark.parametrize(
    ("zone", "shows", "moment"),
    [
        ("Europe/Athens", "2026-07-01T09:00:00", "2026-07-01T06:00:00"),
        ("Europe/Athens", "2026-01-15T09:00:00", "2026-01-15T07:00:00"),
        # In spring 03:00 to 04:00 is skipped: the first moment after it.
        ("Europe/Athens", "2026-03-29T02:59:59", "2026-03-29T00:59:59"),
        ("Europe/Athens", "2026-03-29T03:00:00", "2026-03-29T01:00:00"),
        ("Europe/Athens", "2026-03-29T03:30:00", "2026-03-29T01:00:00"),
        ("Europe/Athens", "2026-03-29T03:59:59.999999", "2026-03-29T01:00:00"),
        ("Europe/Athens", "2026-03-29T04:00:00", "2026-03-29T01:00:00"),
        # In autumn 03:00 to 04:00 comes twice: the first time.
        ("Europe/Athens", "2026-10-25T03:30:00", "2026-10-25T00:30:00"),
        ("Europe/Athens", "2026-10-25T04:00:00", "2026-10-25T02:00:00"),
        ("America/New_York", "2026-03-08T02:30:00", "2026-03-08T07:00:00"),
        ("America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00"),
        # Half an hour only, southern summer: 02:00 to 02:30 is skipped in October, 01:30 to 02:00 twice in April.
        ("Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-03T15:30:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:30:00", "2026-10-03T15:30:00"),
        ("Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00"),
        # A whole day was skipped when Samoa crossed the date line.
        ("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T10:00:00"),
        ("Asia/Kathmandu", "2026-07-01T09:00:00", "2026-07-01T03:15:00"),
        ("UTC", "2026-07-01T09:00:00", "2026-07-01T09:00:00"),
    ],
)
def test_a_clocks_time_is_one_moment(zone: str, shows: str, moment: str) -> None:
    assert instant(datetime.fromisoformat(shows), zone=zone) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


def test_a_moment_is_itself_in_any_zone() -> None:
    moment = datetime.fromisoformat("2026-03-29T03:30:00+01:00")

    assert instant(moment, zone="Europe/Athens") == moment
    assert instant(moment, zone="Europe/Athens").tzinfo == UTC


def test_what_a_clock_shows() -> None:
    assert shown(datetime(2026, 7, 1, 6, tzinfo=UTC), zone="Europe/Athens") == NINE
    assert shown(NINE, zone="Europe/Athens") == NINE


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("country", "time_zone", "hour"),
    [
        ("GR", "", 6),  # one zone
        ("US", "America/Los_Angeles", 16),  # the contact's own
        ("GR", "Asia/Tokyo", 0),  # the contact's own, wherever the number is from
        ("GR", "Mars/Olympus", 6),  # no zone: as if there was none
        ("ES", "", 8),  # Madrid is 07:00, the Canaries are 08:00: nobody before nine
        ("", "", 6),  # a number of nowhere: the store's clock
    ],
)
def test_where_somebody_is(store: Store, country: str, time_zone: str, hour: int) -> None:
    assert released(NINE, Place(country, time_zone), store=store) == datetime(2026, 7, 1, hour, tzinfo=UTC)


@pytest.mark.django_db
def test_of_a_country_with_several_zones_the_stores_own_is_taken() -> None:
    store = StoreFactory.create(time_zone="Europe/Madrid", country="ES")

    assert released(NINE, Place("ES", ""), store=store) == datetime(2026, 7, 1, 7, tzinfo=UTC)
