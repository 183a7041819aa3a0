"""How fast it goes and when it is through: measured, bound by limits, and with a reason where nobody can know."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from campaigns.forecast import REASONS, Forecast, Pace, _eta, _rate, forecast
from campaigns.models import Campaign, CampaignMinute, SendBatch
from campaigns.progress import Preparation, Progress, read
from campaigns.queries.watching import Movement
from campaigns.services.moves import cancel, pause
from config.audit import SYSTEM
from messaging.sending.settle import settle
from tests.campaigns.roads import handed_over
from tests.factories import CampaignFactory
from tests.steps import claimed, launched, marked, settlement

NOW = datetime(2026, 5, 4, 12, 0, 30, tzinfo=UTC)
STILL = Movement(NOW, 30.0, 0, 0, 0, 0, NOW, NOW, "")
PACE = Pace(100.0, 100.0, quiet=True)


def progress(**changes: Any) -> Progress:
    """A campaign of a thousand people with two parts each, of whom 600 wait; it began ten minutes ago."""
    whole: dict[str, Any] = {
        **dict.fromkeys(Progress._fields, 0),
        "status": "sending",
        "expected": 1000,
        "prepared": True,
        "preparation": Preparation(1000, 1000, 100.0, NOW),
        "audience": 1000,
        "counts": {"pending": 600},
        "parts_expected": 2000,
        "first_sent_at": NOW - timedelta(minutes=10),
    }
    return Progress(**{**whole, **changes})


def ahead(found: Movement, pace: Pace = PACE, **changes: Any) -> Forecast:
    now = progress(**changes)
    rate = _rate(found, now, pace)
    return Forecast(rate, _eta(found, now, pace, rate))


# The rate -----------------------------------------------------------------------------------------------------------


def test_the_rate_slides_over_the_last_sixty_seconds() -> None:
    found = STILL._replace(sent=600, parts=1200, sent_before=1200, parts_before=2400)

    rate = ahead(found).rate

    assert (rate.messages, rate.parts) == (20.0, 40.0)


def test_a_young_campaign_is_measured_by_its_own_age() -> None:
    found = STILL._replace(sent=300, parts=600, sent_before=100, parts_before=200)

    rate = ahead(found, first_sent_at=NOW - timedelta(seconds=40)).rate

    assert (rate.messages, rate.parts) == (10.0, 20.0)


def test_the_limit_is_shown_beside_it() -> None:
    rate = ahead(STILL, Pace(50.0, 100.0)).rate

    assert (rate.allowed, rate.full, rate.slowed) == (50.0, 100.0, True)
    assert not ahead(STILL).rate.slowed


# The end ------------------------------------------------------------------------------------------------------------


def test_what_is_left_takes_as_long_as_it_did_so_far() -> None:
    eta = ahead(STILL._replace(sent=300, parts=600, sent_before=600, parts_before=1200)).eta

    assert (eta.at, eta.basis, eta.reason) == (NOW + timedelta(seconds=60), "measured", "")


def test_a_rate_above_the_limit_cannot_last() -> None:
    eta = ahead(STILL._replace(sent=300, parts=600, sent_before=600, parts_before=1200), Pace(10.0, 100.0)).eta

    assert eta.at == NOW + timedelta(seconds=120)


def test_before_anything_was_sent_the_limit_says_it() -> None:
    eta = ahead(STILL, first_sent_at=None).eta

    assert (eta.at, eta.basis) == (NOW + timedelta(seconds=12), "limit")


def test_who_is_not_written_down_yet_is_counted_too() -> None:
    half: dict[str, Any] = {"prepared": False, "audience": 500, "counts": {"pending": 500}}

    assert ahead(STILL, **half).eta.at == NOW + timedelta(seconds=20)


def test_quiet_hours_put_the_end_off() -> None:
    morning = NOW + timedelta(hours=8)

    some_wait = ahead(STILL._replace(last_ready=morning)).eta
    all_wait = ahead(STILL._replace(first_ready=morning, last_ready=morning)).eta

    assert (some_wait.at, some_wait.reason) == (morning, "quiet_hours")
    assert (all_wait.at, all_wait.reason) == (morning + timedelta(seconds=12), "quiet_hours")
    assert "quiet hours" in all_wait.detail


def test_an_hour_of_other_clocks_puts_the_end_off() -> None:
    evening = NOW + timedelta(hours=7)

    eta = ahead(STILL._replace(first_ready=evening, last_ready=evening), by_local_clock=True).eta

    assert (eta.at, eta.reason) == (evening + timedelta(seconds=12), "local_time")


def test_without_quiet_hours_it_is_the_pace_that_makes_wait() -> None:
    later = NOW + timedelta(seconds=30)

    eta = ahead(STILL._replace(first_ready=later, last_ready=later), Pace(10.0, 10.0)).eta

    assert (eta.at, eta.reason) == (later + timedelta(seconds=120), "pace")
    assert ahead(STILL._replace(first_ready=NOW + timedelta(seconds=2))).eta.reason == ""


def test_a_batch_that_is_tried_again_is_said_to_be() -> None:
    soon = NOW + timedelta(seconds=24)

    assert ahead(STILL._replace(first_ready=soon, last_ready=soon, error_class="provider_error")).eta.reason == (
        "backing_off"
    )


@pytest.mark.parametrize("stopped", ["store_stopped", "queue_disabled", "no_route"])
def test_who_may_not_send_has_no_end(stopped: str) -> None:
    eta = ahead(STILL, Pace(0.0, 0.0, stopped)).eta

    assert (eta.at, eta.basis, eta.reason, eta.detail) == (None, "none", stopped, REASONS[stopped])


def test_due_for_a_minute_and_nothing_leaves() -> None:
    stuck = STILL._replace(first_ready=NOW - timedelta(seconds=61))

    assert ahead(stuck).eta.reason == "no_worker"
    assert ahead(stuck._replace(sent=30, parts=60)).eta.at is not None


def test_the_last_answers_are_no_forecast() -> None:
    assert ahead(STILL, counts={"pending": 0}).eta.reason == "last_answers"


# With rows ----------------------------------------------------------------------------------------------------------


def seen(campaign: Campaign) -> Forecast:
    return forecast(campaign.pk, progress=read(campaign.pk), pace=PACE)


@pytest.mark.django_db
def test_drafts_pauses_and_ends_say_why_there_is_no_end() -> None:
    draft = CampaignFactory.create()
    paused, cancelled = launched(people=1), launched(people=1)
    pause(store_id=paused.store_id, campaign_id=paused.pk, actor=SYSTEM)
    cancel(store_id=cancelled.store_id, campaign_id=cancelled.pk, actor=SYSTEM)

    assert [seen(campaign).eta.reason for campaign in (draft, paused, cancelled)] == ["not_started", "paused", "ended"]


@pytest.mark.django_db
def test_a_finished_campaign_is_not_asked_for_minutes(django_assert_num_queries: Any) -> None:
    campaign = handed_over()
    now = read(campaign.pk)

    with django_assert_num_queries(0):
        done = forecast(campaign.pk, progress=now, pace=PACE)

    assert (done.rate.messages, done.eta.reason) == (0.0, "ended")


@pytest.mark.django_db
def test_the_minutes_of_the_campaign_itself_are_read() -> None:
    campaign, other = launched(people=45), launched(people=45)
    work = claimed()
    marked(work)
    settle(settlement(work))
    mine, theirs = (campaign, other) if work.batch.campaign_id == campaign.pk else (other, campaign)

    assert 0 < seen(mine).rate.messages <= 20.0
    assert seen(theirs).rate.messages == 0.0
    assert seen(mine).moving


@pytest.mark.django_db
def test_old_minutes_are_no_rate() -> None:
    campaign = launched(people=25)
    work = claimed()
    marked(work)
    settle(settlement(work))
    CampaignMinute.objects.update(minute=F("minute") - timedelta(minutes=2))

    assert seen(campaign).rate.messages == 0.0


@pytest.mark.django_db
def test_a_deferred_batch_puts_the_end_off() -> None:
    campaign = launched(people=3)
    morning = datetime(2100, 1, 1, 8, tzinfo=UTC)
    SendBatch.objects.filter(campaign=campaign).update(ready_at=morning)

    found = seen(campaign).eta

    assert found.at is not None
    assert (found.at.year, found.reason) == (2100, "quiet_hours")
