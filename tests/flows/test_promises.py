"""The product's promise, with real processes: whatever is killed, everybody gets it once and every credit is there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign, SendBatch
from campaigns.progress import read
from campaigns.services.schedule import Plan, schedule
from config.audit import SYSTEM
from messaging.models import ProviderAccount
from tests.factories import CampaignFactory
from tests.flows.ends import assert_all_adds_up, begin, has_sent, wait_for_end
from tests.flows.stack import Stack, eventually, flush_redis

pytestmark = [pytest.mark.flow, pytest.mark.timeout(240)]


def test_a_scheduled_campaign_starts_by_itself(stack: Stack, account: ProviderAccount) -> None:
    stack.start("web", "work", "send1", "beat")
    campaign = CampaignFactory.create(people=30)
    moment = timezone.now() + timedelta(seconds=3)

    schedule(store_id=campaign.store_id, campaign_id=campaign.pk, plan=Plan(moment), actor=SYSTEM)

    wait_for_end(campaign, seconds=90)
    started_at = Campaign.objects.get(pk=campaign.pk).started_at
    assert started_at
    assert started_at >= moment
    assert_all_adds_up(campaign, stack, recipients=30)


def test_a_killed_worker_leaves_nobody_twice_and_nobody_out(stack: Stack, account: ProviderAccount) -> None:
    stack.plan(account.slug, latency_ms=[300, 300])
    stack.start("web", "work", "send1", "send2", "beat")
    campaign = CampaignFactory.create(people=300)
    begin(campaign)

    eventually(lambda: has_sent(campaign, 40), seconds=120, what="sending has begun")
    stack.kill("send1")
    stack.kill("send2")
    assert read(campaign.pk).status == "sending"
    stack.start("send1")

    wait_for_end(campaign, seconds=120)
    assert_all_adds_up(campaign, stack, recipients=300)


def test_a_flushed_redis_loses_nothing(stack: Stack, account: ProviderAccount) -> None:
    stack.start("web", "work", "send1", "beat")
    campaign = CampaignFactory.create(people=300)
    begin(campaign)

    eventually(lambda: has_sent(campaign, 40), seconds=120, what="sending has begun")
    flush_redis()

    wait_for_end(campaign, seconds=120)
    assert_all_adds_up(campaign, stack, recipients=300)


def test_a_terminated_worker_finishes_its_batch_and_exits_zero(stack: Stack, account: ProviderAccount) -> None:
    stack.plan(account.slug, latency_ms=[500, 500])
    stack.start("web", "work", "send1", "beat")
    campaign = CampaignFactory.create(people=200)
    begin(campaign)
    calling = SendBatch.objects.filter(campaign_id=campaign.pk, state="calling")
    eventually(calling.exists, seconds=120, what="a call is under way")

    code = stack.terminate("send1")

    assert code == 0
    assert not SendBatch.objects.filter(campaign_id=campaign.pk, state__in=["claimed", "calling", "ambiguous"]).exists()
    assert read(campaign.pk).counts["unknown"] == 0
    stack.start("send2")
    wait_for_end(campaign, seconds=120)
    assert_all_adds_up(campaign, stack, recipients=200)
