"""Sending by the recipients' clocks: one hold, batches that wait for their zone, nothing before, nothing forgotten."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from audiences.models import Store
from campaigns.models import Campaign
from campaigns.progress import read
from campaigns.services.due import launch_due
from campaigns.services.finish import close_cancelled, finish, finish_drained
from campaigns.services.moves import cancel
from campaigns.services.schedule import Plan, schedule
from config.audit import SYSTEM
from messaging.health.work import oldest_due_batch
from messaging.sending.claim import claim
from messaging.sending.settle import settle
from tests.factories import CampaignFactory, ContactFactory
from tests.steps import assert_holds_match, claimed, due_now, marked, money, settlement, statuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(store: Store) -> Campaign:
    """Started when the hour came to two in Kiritimati; three in Greece and two in New York wait for it."""
    ContactFactory.create_batch(2, store=store, time_zone="Pacific/Kiritimati")
    ContactFactory.create_batch(3, store=store)
    ContactFactory.create_batch(2, store=store, country="US", time_zone="America/New_York")
    planned = CampaignFactory.create(store=store)
    noon = (timezone.now() + timedelta(days=3)).replace(tzinfo=None, hour=12, minute=0, second=0, microsecond=0)
    schedule(store_id=store.pk, campaign_id=planned.pk, plan=Plan(noon, local=True), actor=SYSTEM)
    # Three days later: the hour is now in Kiritimati, so it is hours away for the others.
    wall = datetime.now(UTC).replace(tzinfo=None, microsecond=0) + timedelta(hours=14) - timedelta(seconds=5)
    now = timezone.now() - timedelta(seconds=1)
    Campaign.objects.filter(pk=planned.pk).update(send_at=now, next_try_at=now, local_at=wall.isoformat())
    launch_due(limit=5)
    return Campaign.objects.get(pk=planned.pk)


def test_the_hold_is_for_all_and_batches_wait_for_their_zone(campaign: Campaign) -> None:
    waits = [
        (batch.size, round((batch.ready_at - timezone.now()) / timedelta(hours=1)))
        for batch in campaign.batches.order_by("ready_at")
    ]

    assert money(campaign) == (1000, 7)
    assert [size for size, _ in waits] == [2, 3, 2]
    assert [hours in allowed for (_, hours), allowed in zip(waits, [{0}, {11, 12}, {18, 19}], strict=True)] == [
        True
    ] * 3


def test_only_whose_hour_has_come_is_texted(campaign: Campaign) -> None:
    work = claimed()

    assert len(work.people) == 2
    assert claim("worker") is None


def test_waiting_for_an_hour_is_neither_late_nor_the_end(campaign: Campaign) -> None:
    work = claimed()
    marked(work)
    settle(settlement(work))

    assert not finish(campaign.pk)
    assert finish_drained(limit=5)["finished"] == 0
    assert oldest_due_batch() is None
    progress = read(campaign.pk)
    assert (progress.status, progress.counts["sent"], progress.counts["pending"]) == ("sending", 2, 5)


def test_when_the_last_hour_has_come_it_completes_and_the_books_agree(campaign: Campaign) -> None:
    for _ in range(3):
        due_now(campaign)
        work = claimed()
        marked(work)
        settle(settlement(work, None))
        finish(campaign.pk)

    assert Campaign.objects.get(pk=campaign.pk).status == "completed"
    assert (statuses(campaign), money(campaign)) == ({"sent": 7}, (993, 0))
    assert_holds_match(campaign)


def test_cancelling_closes_the_hours_that_have_not_come(campaign: Campaign) -> None:
    cancel(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)
    close_cancelled(limit=9)

    assert (statuses(campaign), money(campaign)) == ({"cancelled": 7}, (1000, 0))


def test_whose_hour_has_passed_by_the_start_is_texted_at_once(store: Store) -> None:
    ContactFactory.create(store=store)
    campaign = CampaignFactory.create(store=store)
    now = timezone.now() - timedelta(seconds=1)
    Campaign.objects.filter(pk=campaign.pk).update(
        status="scheduled", send_at=now, next_try_at=now, local_at="2020-01-01T09:00:00"
    )

    launch_due(limit=5)

    assert len(claimed().people) == 1


def test_the_cut_by_hours_holds_over_many_chunks(store: Store, settings: Settings) -> None:
    settings.SNAPSHOT_CHUNK = 3
    for n in range(8):
        ContactFactory.create(store=store, time_zone="Asia/Tokyo" if n % 2 else "")
    campaign = CampaignFactory.create(store=store)
    wall = (timezone.now() + timedelta(days=2)).replace(tzinfo=None, microsecond=0)
    now = timezone.now() - timedelta(seconds=1)
    Campaign.objects.filter(pk=campaign.pk).update(
        status="scheduled", send_at=now, next_try_at=now, local_at=wall.isoformat()
    )

    launch_due(limit=5)

    moments = {batch.ready_at: 0 for batch in campaign.batches.all()}
    for batch in campaign.batches.all():
        moments[batch.ready_at] += batch.size
        zones = set(batch.recipients.values_list("contact__time_zone", flat=True))
        assert len(zones) == 1
    assert sorted(moments.values()) == [4, 4]
