"""The charts of the first page: what is added up, and that they can be read without colours."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.models import CampaignMinute
from messaging.ops.charts import area, bars, hours, per_minute, scale
from messaging.ops.dashboard import dashboard
from messaging.ops.queries import Minute, minutes
from tests.factories import CampaignFactory

NOW = datetime(2026, 7, 1, 12, 30, 20, tzinfo=UTC)


def minute(at: datetime, sent: int, delivered: int = 0, failed: int = 0) -> Minute:
    return Minute(at.replace(second=0), sent, delivered, failed)


def test_minutes_become_hours_without_gaps() -> None:
    found = [minute(NOW - timedelta(hours=26), 9), minute(NOW - timedelta(hours=23), 5, 4, 1), minute(NOW, 2, 1)]

    day = hours([*found, minute(NOW - timedelta(minutes=1), 3)], now=NOW)

    assert len(day) == 24
    assert day[0] == (datetime(2026, 6, 30, 13, tzinfo=UTC), 5, 4, 1)
    assert day[-1] == (datetime(2026, 7, 1, 12, tzinfo=UTC), 5, 1, 0)
    assert sum(hour.sent for hour in day) == 10


def test_the_present_minute_is_not_over_and_is_not_drawn() -> None:
    rates = per_minute([minute(NOW, 100), minute(NOW - timedelta(minutes=1), 7)], now=NOW)

    assert (len(rates), rates[-1], sum(rates)) == (60, 7, 7)


@pytest.mark.parametrize(
    ("top", "found"), [(0, (1, [1])), (1, (1, [1])), (7, (8, [4, 8])), (10, (10, [5, 10])), (180, (200, [100, 200])),
                       (230, (250, [125, 250])), (474_147, (500_000, [250_000, 500_000]))]
)  # fmt: skip
def test_lines_are_at_round_numbers(top: int, found: tuple[int, list[int]]) -> None:
    assert scale(top) == found


def test_charts_say_it_in_words_and_need_no_inline_style() -> None:
    day = hours([minute(NOW, 1200, 1000, 20)], now=NOW)

    drawn = bars(day) + area(per_minute([minute(NOW - timedelta(minutes=1), 7)], now=NOW))

    assert 'aria-label="The last 24 hours: 1,200 accepted, 1,000 delivered, 20 failed."' in drawn
    assert "<title>12:00 1,200 accepted, 1,000 delivered, 20 failed</title>" in drawn
    assert "7 in the last one, 7 at most." in drawn
    assert "style=" not in drawn


def test_an_empty_house_has_charts_too() -> None:
    assert 'height="0.0"' in bars(hours([], now=NOW))
    assert "0 in the last one" in area(per_minute([], now=NOW))


@pytest.mark.django_db
def test_the_minutes_of_all_campaigns_are_summed() -> None:
    one, other = CampaignFactory.create(), CampaignFactory.create()
    at = NOW.replace(second=0)
    CampaignMinute.objects.create(campaign=one, minute=at, sent=3, delivered=2, undelivered=1)
    CampaignMinute.objects.create(campaign=other, minute=at, sent=4, failed=1)
    CampaignMinute.objects.create(campaign=other, minute=at - timedelta(hours=25), sent=9)

    assert minutes(since=at - timedelta(hours=24)) == [(at, 7, 2, 2)]
    assert dashboard().today.sent == 0
