"""Copies, the archive, priorities."""

from typing import Any

import pytest

from audiences.models import Store
from campaigns.errors import InvalidStatus
from campaigns.models import Campaign, CampaignEvent
from campaigns.services.again import retry_failed
from campaigns.services.edit import edit
from campaigns.services.priority import prioritise
from campaigns.services.shelf import NotWritten, archive, clone, unarchive
from config.audit import SYSTEM, Actor
from config.models import AuditEvent
from config.problems import NotFound
from messaging.sending.claim import claim
from providers.interface import Refused
from tests.campaigns.roads import handed_over
from tests.factories import CampaignFactory
from tests.steps import launched

pytestmark = pytest.mark.django_db
ENDED = ["completed", "failed", "cancelled"]
NOT_THERE = Refused("unreachable", "absent", retryable=False)


def standing(status: str) -> Campaign:
    """A campaign that is `status`."""
    campaign = launched(people=1)
    Campaign.objects.filter(pk=campaign.pk).update(status=status)
    return Campaign.objects.get(pk=campaign.pk)


def which(campaign: Campaign) -> dict[str, Any]:
    return {"store_id": campaign.store_id, "campaign_id": campaign.pk}


def test_a_clone_is_a_draft_with_the_same_content_and_nothing_else(actor: Actor) -> None:
    source = handed_over(message="Hi {{first_name|you}}", priority=1, on_missing="skip", kind="service")

    copy = clone(**which(source), actor=actor)

    assert copy.pk != source.pk
    for column in ("name", "message", "audience", "on_missing", "kind", "priority", "store_id"):
        assert getattr(copy, column) == getattr(source, column)
    assert (copy.status, copy.run, copy.reservation, copy.quote, copy.send_at) == ("draft", 0, None, None, None)
    event = CampaignEvent.objects.get(campaign=copy)
    assert (event.event, event.before, event.after, event.actor) == ("clone", "", "draft", "user:7")
    assert AuditEvent.objects.get(action="campaign.clone").subject == f"campaign:{copy.pk}"


def test_a_clone_may_have_a_name_of_its_own() -> None:
    assert clone(**which(CampaignFactory.create()), actor=SYSTEM, name="Spring again").name == "Spring again"


@pytest.mark.parametrize("kind", ["birthday", "welcome", "test", "direct"])
def test_what_the_house_made_is_not_cloned(kind: str) -> None:
    with pytest.raises(NotWritten):
        clone(**which(CampaignFactory.create(kind=kind)), actor=SYSTEM)

    assert Campaign.objects.count() == 1


@pytest.mark.parametrize("status", ENDED)
def test_what_has_ended_is_archived_and_taken_out(status: str, actor: Actor) -> None:
    campaign = standing(status)
    CampaignEvent.objects.all().delete()

    put_away = archive(**which(campaign), actor=actor, reason="old")
    again = archive(**which(campaign), actor=actor)
    taken_out = unarchive(**which(campaign), actor=actor)

    assert put_away.archived_at
    assert put_away.archived_at == again.archived_at
    assert (taken_out.archived_at, taken_out.status) == (None, status)
    lines = CampaignEvent.objects.order_by("pk").values_list("event", "before", "after", "reason", "actor")
    assert list(lines) == [("archive", status, status, "old", "user:7"), ("unarchive", status, status, "", "user:7")]


@pytest.mark.parametrize("status", ["sending", "paused"])
def test_what_is_being_sent_is_not_archived(status: str) -> None:
    campaign = standing(status)

    with pytest.raises(InvalidStatus):
        archive(**which(campaign), actor=SYSTEM)

    assert Campaign.objects.get(pk=campaign.pk).archived_at is None


def test_a_retry_takes_it_out_of_the_archive() -> None:
    campaign = handed_over([NOT_THERE])
    archive(**which(campaign), actor=SYSTEM)

    assert retry_failed(**which(campaign), actor=SYSTEM).archived_at is None


@pytest.mark.parametrize("move", [clone, archive, unarchive])
def test_another_stores_campaign_does_not_exist(move: object, other_store: Store) -> None:
    campaign = standing("completed")

    with pytest.raises(NotFound):
        move(store_id=other_store.pk, campaign_id=campaign.pk, actor=SYSTEM)  # type: ignore[operator]


# priorities -----------------------------------------------------------------------------------------------------------


def served() -> list[int]:
    """The campaigns in the order in which their batches are claimed."""
    order = []
    while work := claim("worker"):
        order.append(work.batch.campaign_id)
    return order


def test_the_claim_goes_by_priority() -> None:
    low, normal, urgent, high = (launched(people=1, priority=rank).pk for rank in (3, 2, 0, 1))

    assert served() == [urgent, high, normal, low]


def test_a_new_priority_counts_from_the_next_batch_on(actor: Actor) -> None:
    first, second = launched(people=45), launched(people=1)
    work = claim("worker")

    prioritise(**which(second), priority=0, actor=actor, reason="the shop closes")

    assert work
    assert work.batch.campaign_id == first.pk
    assert served() == [second.pk, first.pk, first.pk]
    event = CampaignEvent.objects.get(event="prioritise")
    assert (event.before, event.after, event.reason, event.actor) == (
        "sending",
        "sending",
        "the shop closes",
        "user:7",
    )
    assert event.facts == {"priority": "urgent", "was": "normal"}


def test_the_same_priority_again_is_no_event() -> None:
    prioritise(**which(launched(people=1)), priority=2, actor=SYSTEM)

    assert not CampaignEvent.objects.filter(event="prioritise").exists()


def test_an_edit_may_change_the_priority_of_what_is_being_sent_and_nothing_else() -> None:
    campaign = launched(people=1, name="May")

    moved = edit(**which(campaign), fields={"priority": 0, "name": "May"}, actor=SYSTEM)
    with pytest.raises(InvalidStatus):
        edit(**which(campaign), fields={"priority": 1, "name": "June"}, actor=SYSTEM)

    assert (moved.priority, moved.name) == (0, "May")
    assert Campaign.objects.get(pk=campaign.pk).priority == 0
    assert served() == [campaign.pk]


@pytest.mark.parametrize("status", ENDED)
def test_what_has_ended_has_no_other_priority(status: str) -> None:
    campaign = standing(status)

    with pytest.raises(InvalidStatus):
        prioritise(**which(campaign), priority=0, actor=SYSTEM)
