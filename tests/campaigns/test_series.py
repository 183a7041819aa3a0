"""A campaign over time: every minute is in one point, and there are never too many."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.models import Campaign, CampaignMinute
from campaigns.series import BUCKETS, POINTS, series
from config.problems import InvalidFields
from tests.factories import CampaignFactory

pytestmark = pytest.mark.django_db
START = datetime(2026, 5, 4, 12, 3, tzinfo=UTC)


def minutes(*offsets: int) -> Campaign:
    """A campaign in which ten were sent and one delivered in each of these minutes."""
    campaign = CampaignFactory.create()
    CampaignMinute.objects.bulk_create(
        CampaignMinute(campaign=campaign, minute=START + timedelta(minutes=offset), sent=10, delivered=1, parts=20)
        for offset in offsets
    )
    return campaign


def test_of_a_draft_there_are_no_points() -> None:
    assert series(CampaignFactory.create().pk) == (60, [])


def test_minutes_without_anything_are_points_too() -> None:
    found = series(minutes(0, 3).pk)

    assert found.bucket == 60
    assert [(point.at // 60 % 60, point.sent) for point in found.points] == [(3, 10), (4, 0), (5, 0), (6, 10)]
    assert (found.points[0].delivered, found.points[0].parts, found.points[1].failed) == (1, 20, 0)


def test_a_chosen_bucket_adds_minutes_up() -> None:
    found = series(minutes(0, 1, 2, 9).pk, bucket=300)

    assert [(point.at // 60 % 60, point.sent) for point in found.points] == [(0, 20), (5, 10), (10, 10)]


@pytest.mark.parametrize(("last", "bucket"), [(299, 60), (300, 300), (1490, 300), (4300, 900), (10_000, 3600)])
def test_the_finest_bucket_that_fits_is_taken(last: int, bucket: int) -> None:
    found = series(minutes(0, last).pk)

    assert found.bucket == bucket
    assert len(found.points) <= POINTS
    assert sum(point.sent for point in found.points) == 20


def test_too_fine_a_bucket_is_refused() -> None:
    campaign = minutes(0, 1000)

    with pytest.raises(InvalidFields, match="1001 points"):
        series(campaign.pk, bucket=60)


@pytest.mark.parametrize("bucket", BUCKETS)
def test_no_minute_is_lost_whatever_the_bucket(bucket: int) -> None:
    found = series(minutes(0, 1, 59, 60, 61, 299).pk, bucket=bucket)

    assert sum(point.sent for point in found.points) == 60


def test_only_the_first_hours() -> None:
    campaign = minutes(0, 30, 4000)

    found = series(campaign.pk, hours=1)

    assert found.bucket == 60
    assert sum(point.sent for point in found.points) == 20
