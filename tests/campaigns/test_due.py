"""The sweep of what is due: it starts, puts off, gives up; in order, and never twice."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audiences.models import Store
from billing.services import grant
from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from campaigns.services.due import launch_due
from config.audit import SYSTEM
from tests.factories import CampaignFactory
from tests.races import at_once
from tests.steps import money

pytestmark = pytest.mark.django_db


def scheduled(*, ago: timedelta = timedelta(seconds=1), **columns: Any) -> Campaign:
    at = timezone.now() - ago
    return CampaignFactory.create(status="scheduled", send_at=at, next_try_at=at, **{"people": 2, **columns})


def now(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(pk=campaign.pk)


def test_what_is_due_starts_by_itself() -> None:
    campaign = scheduled()

    assert launch_due(limit=5) == {"due": 1, "launched": 1, "postponed": 0, "given_up": 0, "moved": 0}

    assert now(campaign).status == "sending"
    assert money(campaign) == (1000, 2)
    assert CampaignEvent.objects.get(campaign=campaign).actor == "system"


def test_what_is_not_due_waits() -> None:
    campaign = scheduled(ago=timedelta(seconds=-30))

    assert launch_due(limit=5)["due"] == 0
    assert now(campaign).status == "scheduled"


def test_what_became_due_while_nobody_swept_is_still_found() -> None:
    campaign = scheduled(ago=timedelta(days=3))

    launch_due(limit=5)

    assert now(campaign).status == "sending"


def test_without_credits_it_stays_scheduled_with_the_reason() -> None:
    campaign = scheduled(credits=1)

    assert launch_due(limit=5)["postponed"] == 1

    after = now(campaign)
    assert after.status == "scheduled"
    assert after.reason.startswith("INSUFFICIENT_CREDITS: ")
    assert after.next_try_at
    assert timedelta(minutes=14) < after.next_try_at - timezone.now() <= timedelta(minutes=15)
    assert money(campaign) == (1, 0)


def test_once_there_are_credits_it_starts_and_the_reason_is_gone() -> None:
    campaign = scheduled(credits=1)
    launch_due(limit=5)
    grant(store_id=campaign.store_id, amount=9, key="more", label="", actor=SYSTEM)
    Campaign.objects.filter(pk=campaign.pk).update(next_try_at=timezone.now())

    launch_due(limit=5)

    assert (now(campaign).status, now(campaign).reason) == ("sending", "")


@pytest.mark.parametrize(("columns", "code"), [({"people": 0}, "NO_RECIPIENTS"), ({"message": " "}, "NO_MESSAGE_TEXT")])
def test_what_cannot_be_sent_says_why(columns: dict[str, Any], code: str) -> None:
    campaign = scheduled(**columns)

    launch_due(limit=5)

    assert now(campaign).reason.startswith(code)


def test_a_stopped_store_waits() -> None:
    campaign = scheduled()
    Store.objects.filter(pk=campaign.store_id).update(sending_stopped=True)

    launch_due(limit=5)

    assert now(campaign).reason.startswith("BILLING_HOLD")


def test_after_a_day_of_failures_it_goes_back_to_draft() -> None:
    campaign = scheduled(ago=timedelta(hours=24, minutes=1), credits=1)

    assert launch_due(limit=5)["given_up"] == 1

    assert now(campaign).status == "draft"
    assert now(campaign).next_try_at is None
    event = CampaignEvent.objects.get(campaign=campaign)
    assert (event.event, event.reason) == ("unschedule", "could not start for 24 hours: INSUFFICIENT_CREDITS")


def test_who_has_waited_longest_comes_first() -> None:
    young, old, middle = (scheduled(ago=timedelta(minutes=minutes)) for minutes in (1, 9, 5))

    launch_due(limit=2)

    assert [now(each).status for each in (old, middle, young)] == ["sending", "sending", "scheduled"]


def test_one_that_cannot_start_does_not_keep_others_waiting() -> None:
    stuck, fine = scheduled(ago=timedelta(hours=2), credits=1), scheduled()

    launch_due(limit=1)
    launch_due(limit=1)

    assert (now(stuck).status, now(fine).status) == ("scheduled", "sending")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_many_sweeps_at_once_launch_each_once() -> None:
    campaigns = [scheduled() for _ in range(4)]

    counts = at_once(6, lambda _: launch_due(limit=10))

    assert sum(count["launched"] for count in counts if isinstance(count, dict)) == 4
    assert {now(campaign).status for campaign in campaigns} == {"sending"}
    assert CampaignRecipient.objects.count() == 8
