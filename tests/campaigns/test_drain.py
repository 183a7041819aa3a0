"""What a pause waits for, and how far the audience is written down."""

from datetime import UTC, datetime

import pytest
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, CampaignEvent, CampaignProgress
from campaigns.progress import read
from campaigns.services.moves import cancel, pause, resume
from campaigns.snapshot import _chunk
from config.audit import SYSTEM
from messaging.sending.settle import settle
from tests.factories import CampaignFactory, StoreFactory
from tests.steps import claimed, launched, marked, settlement

pytestmark = pytest.mark.django_db


def stopped(campaign: Campaign) -> None:
    pause(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)


def test_in_flight_and_waiting_are_the_pending_ones() -> None:
    campaign = launched(people=45)
    claimed()

    now = read(campaign.pk)

    assert (now.counts["pending"], now.in_flight, now.waiting) == (45, 20, 25)


def test_drift_makes_nobody_wait_less_than_not_at_all() -> None:
    campaign = launched(people=45)
    claimed()
    row = CampaignProgress.objects.filter(campaign=campaign)
    row.update(pending=5, sent=40)

    now = read(campaign.pk)
    row.update(pending=45, sent=0)

    assert (now.in_flight, now.waiting) == (5, 0)


def test_a_pause_shows_what_is_in_flight_and_when_it_was_through() -> None:
    campaign = launched(people=45, store=StoreFactory.create(time_zone="Europe/Athens"))
    assert read(campaign.pk).drain is None
    work = claimed()
    marked(work)
    stopped(campaign)

    during = read(campaign.pk).drain
    settle(settlement(work))
    at = datetime(2026, 7, 1, 9, 0, 7, tzinfo=UTC)
    CampaignProgress.objects.filter(pk=campaign.pk).update(settled_at=at)
    CampaignEvent.objects.filter(campaign=campaign).update(created_at=datetime(2026, 7, 1, 9, tzinfo=UTC))
    after = read(campaign.pk).drain

    assert during
    assert (during.in_flight, during.drained_at, during.text) == (20, None, "20 in flight")
    assert after == (0, at, "Drained at 12:00:07")


def test_a_pause_with_nothing_in_flight_was_drained_at_once() -> None:
    campaign = launched(people=3)
    stopped(campaign)
    [paused_at] = CampaignEvent.objects.filter(campaign=campaign, event="pause").values_list("created_at", flat=True)

    drain = read(campaign.pk).drain

    assert drain
    assert (drain.in_flight, drain.drained_at) == (0, paused_at)


def test_going_on_there_is_nothing_to_drain() -> None:
    campaign = launched(people=3)
    stopped(campaign)
    resume(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)

    assert read(campaign.pk).drain is None


def test_a_cancelled_campaign_drains_too() -> None:
    campaign = launched(people=3)
    work = claimed()
    marked(work)
    cancel(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)

    during = read(campaign.pk).drain
    settle(settlement(work))
    after = read(campaign.pk).drain

    assert during
    assert after
    assert (during.text, after.drained_at is not None) == ("3 in flight", True)


def test_what_was_cancelled_before_it_began_has_no_drain() -> None:
    campaign = CampaignFactory.create(status="scheduled", send_at="2026-05-04T12:00:00Z")
    cancel(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)

    assert read(campaign.pk).drain is None


def test_the_snapshot_is_shown_chunk_by_chunk(settings: Settings) -> None:
    settings.SNAPSHOT_INLINE_MAX, settings.SNAPSHOT_CHUNK = 0, 2
    campaign = launched(people=8)
    steps = [read(campaign.pk).preparation]
    while _chunk(campaign.pk):
        steps.append(read(campaign.pk).preparation)

    assert [step.written for step in steps][:3] == [0, 2, 4]
    assert [step.percent for step in steps][:3] == [0.0, 25.0, 50.0]
    last = read(campaign.pk).preparation
    assert (last.written, last.expected, last.percent) == (8, 8, 100.0)
    assert last.done_at
