"""Everybody does something else with the same campaign at the same moment."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audiences.models import FrozenAudience, Store
from campaigns.errors import AlreadySending, InvalidStatus
from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from campaigns.services.again import retry_failed
from campaigns.services.due import launch_due
from campaigns.services.edit import edit
from campaigns.services.finish import close_cancelled
from campaigns.services.launch import launch
from campaigns.services.moves import cancel
from campaigns.services.priority import prioritise
from campaigns.services.schedule import Plan, schedule, unschedule
from campaigns.services.shelf import archive, clone
from config.audit import SYSTEM
from config.problems import Conflict, Problem
from providers.interface import Refused
from tests.campaigns.roads import handed_over
from tests.factories import CampaignFactory
from tests.races import at_once
from tests.steps import money, statuses

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
ROUNDS = 3


def which(campaign: Campaign) -> dict[str, Any]:
    return {"store_id": campaign.store_id, "campaign_id": campaign.pk}


def assert_one_story(campaign: Campaign) -> None:
    """Each line of the history begins where the one before ended, and the last one is where the campaign is."""
    at = "draft"
    for line in CampaignEvent.objects.filter(campaign=campaign).order_by("pk"):
        assert line.before == at, line.event
        at = line.after
    assert Campaign.objects.get(pk=campaign.pk).status == at


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_schedule_unschedule_send_cancel_and_clone(store: Store, round_: int) -> None:
    campaign = CampaignFactory.create(store=store, people=9)
    plan = Plan(timezone.now() + timedelta(days=1), frozen=bool(round_ % 2))
    acts: list[Callable[[], object]] = [
        lambda: schedule(**which(campaign), plan=plan, actor=SYSTEM),
        lambda: unschedule(**which(campaign), actor=SYSTEM),
        lambda: launch(**which(campaign), quote_id=None, actor=SYSTEM),
        lambda: cancel(**which(campaign), actor=SYSTEM),
        lambda: clone(**which(campaign), actor=SYSTEM),
        lambda: edit(**which(campaign), fields={"name": "New"}, actor=SYSTEM),
        lambda: prioritise(**which(campaign), priority=0, actor=SYSTEM),
    ]

    results = at_once(14, lambda index: acts[index % len(acts)]())
    close_cancelled(limit=9)

    assert all(isinstance(result, Problem) or not isinstance(result, Exception) for result in results), results
    assert sum(isinstance(result, Campaign) for result in results[4::7]) == 2  # clones always succeed
    assert_one_story(campaign)
    after = Campaign.objects.get(pk=campaign.pk)
    launches = CampaignEvent.objects.filter(campaign=campaign, event="launch").count()
    assert launches <= 1
    # Cancelled before the first of them was written down, nobody is.
    written: dict[str, list[dict[str, int]]] = {
        "draft": [{}],
        "scheduled": [{}],
        "sending": [{"pending": 9}],
        "cancelled": [{}, {"cancelled": 9}],
    }
    assert statuses(campaign) in written[after.status]
    assert money(campaign)[1] == (9 if after.status == "sending" else 0)
    assert FrozenAudience.objects.count() == (1 if after.frozen_id else 0)


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_a_sweep_starts_nothing_that_a_person_took_back(store: Store, round_: int) -> None:
    at = timezone.now() - timedelta(seconds=1)
    campaigns = [
        CampaignFactory.create(store=store, people=2 if n == 0 else 0, status="scheduled", send_at=at, next_try_at=at)
        for n in range(4)
    ]
    later = Plan(timezone.now() + timedelta(days=1))

    def act(index: int) -> object:
        if index < 4:
            return launch_due(limit=10)
        campaign = campaigns[index - 4 if index < 8 else index - 8]
        if index < 8:
            return unschedule(**which(campaign), actor=SYSTEM)
        return schedule(**which(campaign), plan=later, actor=SYSTEM)

    results = at_once(12, act)

    assert all(isinstance(result, Problem) or not isinstance(result, Exception) for result in results), results
    for index, campaign in enumerate(campaigns):
        after = Campaign.objects.get(pk=campaign.pk)
        unscheduled, scheduled = results[4 + index], results[8 + index]
        taken_back = isinstance(unscheduled, Campaign) or isinstance(scheduled, Campaign)
        assert (after.status == "sending") == (not taken_back), (after.status, unscheduled, scheduled)
        if after.status == "scheduled":
            assert after.send_at == after.next_try_at == later.send_at


def test_one_of_many_retries_wins_and_the_others_hear_it(store: Store) -> None:
    campaign = handed_over([Refused("unreachable", "absent", retryable=False)] * 6, store=store)

    def act(index: int) -> object:
        if index % 4 == 3:
            return archive(**which(campaign), actor=SYSTEM)
        return retry_failed(**which(campaign), actor=SYSTEM, credits=6)

    results = at_once(12, act)

    retried = [results[n] for n in range(12) if n % 4 != 3]
    assert sum(isinstance(result, Campaign) for result in retried) == 1
    assert all(isinstance(result, Campaign | InvalidStatus | AlreadySending) for result in results), results
    after = Campaign.objects.get(pk=campaign.pk)
    assert (after.run, after.status, after.archived_at) == (2, "sending", None)
    assert (statuses(campaign), money(campaign)) == ({"pending": 6}, (1000, 6))


def test_many_plans_leave_one_frozen_audience(store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=5)
    plan = Plan(timezone.now() + timedelta(days=1), frozen=True)

    results = at_once(8, lambda _: schedule(**which(campaign), plan=plan, actor=SYSTEM))

    assert all(isinstance(result, Campaign | Conflict) for result in results), results
    assert any(isinstance(result, Campaign) for result in results)
    assert [frozen.pk for frozen in FrozenAudience.objects.all()] == [Campaign.objects.get().frozen_id]
    assert not CampaignRecipient.objects.exists()
