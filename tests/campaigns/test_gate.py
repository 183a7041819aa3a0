"""Plans, billing holds and spend caps: what every way of sending is refused for, and what it leaves alone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from audiences.models import Store
from billing.errors import BillingHold, SpendCapReached, SubscriptionRequired
from billing.standing import set_billing_hold
from billing.subscriptions import set_plan
from campaigns.drafts import Draft
from campaigns.models import Campaign, CampaignRecipient
from campaigns.quotes import make_quote
from campaigns.services.again import price_of_retry, retry_failed
from campaigns.services.direct import send_direct
from campaigns.services.due import launch_due
from campaigns.services.gate import Intent, blockers
from campaigns.services.launch import launch
from campaigns.services.moves import pause, resume
from campaigns.services.schedule import Plan, schedule
from campaigns.services.trial import send_test
from campaigns.states import PRIORITIES
from config.audit import SYSTEM
from config.problems import Problem
from messaging.sending.settle import settle
from providers.interface import Refused
from tests.campaigns.roads import handed_over
from tests.factories import CampaignFactory, some_plans
from tests.steps import claimed, launched, marked, money, settlement, statuses

pytestmark = pytest.mark.django_db


def send(campaign: Campaign) -> object:
    """Now, for whatever it costs."""
    return launch(store_id=campaign.store_id, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)


def later(campaign: Campaign) -> object:
    """Tomorrow."""
    plan = Plan(timezone.now() + timedelta(days=1))
    return schedule(store_id=campaign.store_id, campaign_id=campaign.pk, plan=plan, actor=SYSTEM)


def trial(campaign: Campaign) -> object:
    """To one number."""
    return send_test(store=campaign.store, campaign_id=campaign.pk, to=["+306971111111"], actor=SYSTEM)


def direct(campaign: Campaign) -> object:
    """To one number, by itself."""
    to, priority = ["+306971111111"], PRIORITIES["high"]
    return send_direct(store=campaign.store, to=to, text="Your code is 42", priority=priority, actor=SYSTEM)


WAYS = [send, later, trial, direct]
Way = Callable[[Campaign], object]


@pytest.fixture
def gated(settings: Settings) -> None:
    """Only who has a plan may send."""
    settings.SUBSCRIPTION_REQUIRED = True
    some_plans()


def hold(store: Store) -> None:
    """Staff's billing hold."""
    set_billing_hold(store_id=store.pk, on=True, actor=SYSTEM, reason="Unpaid invoice")


@pytest.mark.usefixtures("gated")
@pytest.mark.parametrize("way", WAYS)
def test_without_a_plan_nothing_begins(store: Store, way: Way) -> None:
    campaign = CampaignFactory.create(store=store, people=3)

    with pytest.raises(SubscriptionRequired):
        way(campaign)

    assert Campaign.objects.get().status == "draft"
    assert money(campaign) == (1000, 0)
    assert not CampaignRecipient.objects.exists()


@pytest.mark.usefixtures("gated")
@pytest.mark.parametrize("way", WAYS)
def test_with_a_plan_everything_does_and_free_credits_go_first(store: Store, way: Way) -> None:
    campaign = CampaignFactory.create(store=store, people=3)
    set_plan(store_id=store.pk, plan="starter", status="trialing", actor=SYSTEM)

    way(campaign)

    assert money(campaign) == (1000, 0)


@pytest.mark.parametrize("way", WAYS)
def test_on_a_billing_hold_nothing_begins(store: Store, way: Way) -> None:
    campaign = CampaignFactory.create(store=store, people=3)
    hold(store)

    with pytest.raises(BillingHold):
        way(campaign)

    assert money(campaign) == (1000, 0)


@pytest.mark.parametrize("way", [send, trial, direct])
def test_beyond_a_cap_nothing_begins(store: Store, way: Way) -> None:
    campaign = CampaignFactory.create(store=store, people=3)
    launched(store=store, people=0, credits=0)
    Store.objects.filter(pk=store.pk).update(spend_cap_day=3)

    with pytest.raises(SpendCapReached) as refusal:
        way(campaign)

    assert (refusal.value.facts["committed"], refusal.value.facts["left"]) == (3, 0)
    assert money(campaign) == (1000, 3)


def test_what_is_under_way_goes_on(store: Store) -> None:
    campaign = launched(store=store, people=3)
    hold(store)

    work = claimed()
    marked(work)
    settle(settlement(work))

    assert (statuses(campaign), money(campaign)) == ({"sent": 3}, (997, 0))


def test_but_a_pause_is_not_ended_on_a_hold(store: Store) -> None:
    campaign = launched(store=store, people=3)
    pause(store_id=store.pk, campaign_id=campaign.pk, actor=SYSTEM)
    hold(store)

    with pytest.raises(BillingHold):
        resume(store_id=store.pk, campaign_id=campaign.pk, actor=SYSTEM)

    assert Campaign.objects.get().status == "paused"


def test_a_retry_is_a_launch(store: Store) -> None:
    campaign = handed_over([Refused("unreachable", "absent", retryable=False)] * 3, store=store)
    Store.objects.filter(pk=store.pk).update(spend_cap_campaign=2)

    with pytest.raises(SpendCapReached):
        retry_failed(store_id=store.pk, campaign_id=campaign.pk, actor=SYSTEM)

    assert price_of_retry(store_id=store.pk, campaign_id=campaign.pk).credits == 3
    assert statuses(campaign) == {"failed": 3}


@pytest.mark.usefixtures("gated")
def test_a_scheduled_campaign_waits_with_the_reason(store: Store) -> None:
    past = timezone.now() - timedelta(seconds=1)
    CampaignFactory.create(store=store, people=3, status="scheduled", send_at=past, next_try_at=past)

    assert launch_due(limit=5)["postponed"] == 1

    after = Campaign.objects.get()
    assert after.status == "scheduled"
    assert after.reason.startswith("SUBSCRIPTION_REQUIRED: ")


@pytest.mark.usefixtures("gated")
def test_a_quote_names_all_that_stands_in_the_way(store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=3, credits=0)
    Store.objects.filter(pk=store.pk).update(spend_cap_campaign=2, spend_cap_month=1)
    hold(store)

    found = blockers(_intent(campaign))

    assert [problem.code for problem in found] == ["BILLING_HOLD", "SPEND_CAP", "INSUFFICIENT_CREDITS"]
    assert found[1].facts == {"cap": "campaign", "limit": 2, "committed": 0, "required": 3, "left": 2}


@pytest.mark.usefixtures("gated")
def test_a_quote_names_a_missing_plan(store: Store) -> None:
    found: list[Problem] = blockers(_intent(CampaignFactory.create(store=store, people=3)))

    assert [(problem.code, problem.status) for problem in found] == [("SUBSCRIPTION_REQUIRED", 403)]


def _intent(campaign: Campaign) -> Intent:
    quote = make_quote(store=campaign.store, draft=Draft.of(campaign), campaign_id=campaign.pk)
    return Intent(campaign.store, quote, campaign.status)
