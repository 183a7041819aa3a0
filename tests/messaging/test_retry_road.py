"""A second run over HTTP: the provider sees no reference twice, and nobody whom it accepted before."""

import pytest
from django.conf import settings

from campaigns.models import Campaign, CampaignRecipient, SendBatch
from campaigns.services.again import requeue, retry_failed
from config.audit import SYSTEM
from config.opaque import recipient_of
from messaging.sending.sender import send_next
from tests.simulator import Simulator
from tests.steps import assert_sound, due_now, launched, money, statuses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("account")]


def refused_for_good(simulator: Simulator, *, people: int) -> Campaign:
    """A campaign of whom the provider took some and was too busy for the rest, every time."""
    simulator.plan(outcomes={"delivered": 1, "busy": 1}, seed=7)
    campaign = launched(people=people)
    send_next()
    simulator.plan(outcomes={"busy": 1})
    try_to_the_end(campaign)
    simulator.plan()
    return Campaign.objects.get(pk=campaign.pk)


def try_to_the_end(campaign: Campaign) -> None:
    """Hand over until no attempt is left, without the pauses."""
    for _ in range(settings.SEND_ATTEMPTS + 1):
        due_now(campaign)
        send_next()


def received(simulator: Simulator, campaign: Campaign) -> list[tuple[int, int]]:
    """(recipient, attempt) of everything of this campaign that the provider took."""
    ours = set(CampaignRecipient.objects.filter(campaign=campaign).values_list("pk", flat=True))
    found = [recipient_of(item["reference"]) for item in simulator.received()]
    return [pair for pair in found if pair and pair[0] in ours]


def test_a_retry_reaches_exactly_those_who_failed(simulator: Simulator) -> None:
    campaign = refused_for_good(simulator, people=12)
    sent = statuses(campaign)["sent"]
    assert statuses(campaign) == {"sent": sent, "failed": 12 - sent}
    assert 0 < sent < 12

    retry_failed(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)
    send_next()

    pairs = received(simulator, campaign)
    assert len(pairs) == len(set(pairs)) == len({recipient for recipient, _ in pairs}) == 12
    assert {attempt for _, attempt in pairs} == {1, 7}  # six hand-overs of the first run, then one more
    assert (Campaign.objects.get(pk=campaign.pk).status, statuses(campaign)) == ("completed", {"sent": 12})
    assert money(campaign) == (988, 0)
    assert_sound()


def test_a_requeued_dead_letter_does_the_same(simulator: Simulator) -> None:
    campaign = refused_for_good(simulator, people=12)
    letter = SendBatch.objects.get(campaign=campaign, state="dead")

    requeue(batch_id=letter.pk, actor=SYSTEM)
    send_next()

    pairs = received(simulator, campaign)
    assert len(pairs) == len({recipient for recipient, _ in pairs}) == 12
    assert {attempt for _, attempt in pairs} == {1, 7}
    assert money(campaign) == (988, 0)
    assert_sound()


def test_retried_and_refused_again_it_can_be_retried_again(simulator: Simulator) -> None:
    campaign = refused_for_good(simulator, people=12)
    simulator.plan(outcomes={"busy": 1})
    retry_failed(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)
    try_to_the_end(campaign)
    simulator.plan()

    retry_failed(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)
    send_next()

    pairs = received(simulator, campaign)
    assert {attempt for _, attempt in pairs} == {1, 13}
    assert (len(pairs), statuses(campaign), money(campaign)) == (12, {"sent": 12}, (988, 0))
    assert_sound()
