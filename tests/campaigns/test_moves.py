"""Schedule, unschedule, pause, resume, cancel: each from where it may, with its history; else nothing changes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from audiences.models import Store
from campaigns.errors import InvalidStatus, NoMessageText, StoreStopped
from campaigns.models import Campaign, CampaignEvent
from campaigns.services.moves import cancel, pause, resume
from campaigns.services.schedule import Plan, schedule, unschedule
from config.audit import SYSTEM, Actor
from config.models import AuditEvent
from config.problems import InvalidFields, NotFound
from tests.factories import CampaignFactory
from tests.steps import launched, money

pytestmark = pytest.mark.django_db
LATER = datetime(2999, 1, 1, 9, tzinfo=UTC)
ALL = ("draft", "scheduled", "sending", "paused", "completed", "failed", "cancelled")
MOVES: dict[str, tuple[Callable[..., Campaign], dict[str, Any], set[str], str]] = {
    "schedule": (schedule, {"plan": Plan(LATER)}, {"draft", "scheduled"}, "scheduled"),
    "unschedule": (unschedule, {}, {"scheduled"}, "draft"),
    "pause": (pause, {}, {"sending"}, "paused"),
    "resume": (resume, {}, {"paused"}, "sending"),
    "cancel": (cancel, {}, {"scheduled", "sending", "paused"}, "cancelled"),
}
LEGAL = [(event, status) for event, (_, _, sources, _) in MOVES.items() for status in ALL if status in sources]
ILLEGAL = [(event, status) for event, (_, _, sources, _) in MOVES.items() for status in ALL if status not in sources]


def standing(status: str) -> Campaign:
    """A campaign that is `status`, by the shortest way."""
    if status == "draft":
        return CampaignFactory.create(people=1)
    if status == "scheduled":
        return CampaignFactory.create(people=1, status="scheduled", send_at=LATER, next_try_at=LATER)
    campaign = launched(people=1)
    Campaign.objects.filter(pk=campaign.pk).update(status=status)
    return Campaign.objects.get(pk=campaign.pk)


def act(event: str, campaign: Campaign, *, actor: Actor = SYSTEM, **more: Any) -> Campaign:
    move, arguments, _, _ = MOVES[event]
    return move(store_id=campaign.store_id, campaign_id=campaign.pk, actor=actor, **arguments, **more)


@pytest.mark.parametrize(("event", "status"), LEGAL)
def test_a_legal_move_is_made_and_written_down(event: str, status: str, actor: Actor) -> None:
    campaign = standing(status)
    CampaignEvent.objects.all().delete()

    moved = act(event, campaign, actor=actor)

    after = MOVES[event][3]
    assert moved.status == Campaign.objects.get(pk=campaign.pk).status == after
    [line] = CampaignEvent.objects.filter(campaign=campaign)
    assert (line.event, line.before, line.after, line.actor) == (event, status, after, "user:7")
    audit = AuditEvent.objects.get(action=f"campaign.{event}")
    assert (audit.actor, audit.ip, audit.store_id) == ("user:7", "192.0.2.7", campaign.store_id)


@pytest.mark.parametrize(("event", "status"), ILLEGAL)
def test_an_illegal_move_changes_nothing(event: str, status: str) -> None:
    campaign = standing(status)
    before = (
        Campaign.objects.values().get(pk=campaign.pk),
        money(campaign),
        CampaignEvent.objects.count(),
        AuditEvent.objects.count(),
    )

    with pytest.raises(InvalidStatus) as caught:
        act(event, campaign)

    assert (caught.value.code, caught.value.status) == ("INVALID_STATUS", 409)
    assert caught.value.facts == {"campaign_status": status}
    assert before == (
        Campaign.objects.values().get(pk=campaign.pk),
        money(campaign),
        CampaignEvent.objects.count(),
        AuditEvent.objects.count(),
    )


@pytest.mark.parametrize("event", sorted(MOVES))
def test_another_stores_campaign_does_not_exist(event: str, other_store: Store) -> None:
    move, arguments, sources, _ = MOVES[event]
    campaign = standing(sorted(sources)[0])

    with pytest.raises(NotFound):
        move(store_id=other_store.pk, campaign_id=campaign.pk, actor=SYSTEM, **arguments)

    assert Campaign.objects.get(pk=campaign.pk).status == campaign.status


def test_scheduling_holds_nothing() -> None:
    campaign = act("schedule", standing("draft"))

    assert money(campaign) == (1000, 0)
    assert (campaign.send_at, campaign.next_try_at) == (LATER, LATER)


def test_scheduling_again_moves_the_time() -> None:
    campaign = standing("scheduled")
    sooner = datetime(2998, 1, 1, tzinfo=UTC)

    moved = schedule(store_id=campaign.store_id, campaign_id=campaign.pk, plan=Plan(sooner), actor=SYSTEM)

    assert (moved.send_at, moved.next_try_at) == (sooner, sooner)


def test_the_past_cannot_be_scheduled() -> None:
    campaign = standing("draft")

    with pytest.raises(InvalidFields) as caught:
        schedule(
            store_id=campaign.store_id,
            campaign_id=campaign.pk,
            plan=Plan(timezone.now() - timedelta(seconds=1)),
            actor=SYSTEM,
        )

    assert caught.value.facts["errors"][0] == {"pointer": "#/send_at", "detail": "The time has passed.", "code": "past"}
    assert Campaign.objects.get(pk=campaign.pk).status == "draft"


def test_an_empty_message_cannot_be_scheduled() -> None:
    campaign = CampaignFactory.create(message=" ")

    with pytest.raises(NoMessageText):
        act("schedule", campaign)

    assert Campaign.objects.get(pk=campaign.pk).status == "draft"


@pytest.mark.parametrize(("event", "status"), [("schedule", "draft"), ("resume", "paused")])
def test_a_stopped_store_starts_nothing(event: str, status: str) -> None:
    campaign = standing(status)
    Store.objects.filter(pk=campaign.store_id).update(sending_stopped=True)

    with pytest.raises(StoreStopped):
        act(event, campaign)

    assert Campaign.objects.get(pk=campaign.pk).status == status


def test_a_stopped_store_can_still_pause_and_cancel() -> None:
    campaign = standing("sending")
    Store.objects.filter(pk=campaign.store_id).update(sending_stopped=True)

    assert act("pause", campaign).status == "paused"
    assert act("cancel", campaign).status == "cancelled"


def test_the_reason_of_a_pause_is_shown_until_it_goes_on() -> None:
    campaign = standing("sending")

    assert act("pause", campaign, reason="wrong link").reason == "wrong link"
    assert CampaignEvent.objects.get(event="pause").reason == "wrong link"
    assert act("resume", campaign).reason == ""


def test_unscheduling_takes_it_off_the_list_of_the_due() -> None:
    assert act("unschedule", standing("scheduled")).next_try_at is None


def test_cancelling_says_when() -> None:
    campaign = act("cancel", standing("sending"))

    assert campaign.finished_at
    assert money(campaign) == (1000, 1)  # the batches are closed, and the hold with them, by the sweep
