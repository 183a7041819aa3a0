"""Asking the provider now: once a minute, through the poller, and fair to what nobody asked for."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign, SendBatch
from config.audit import SYSTEM
from config.models import AuditEvent
from messaging.models import ProviderAccount
from messaging.polling import asked_for, poll_silent
from messaging.receipts.apply import apply_some
from messaging.sending.sender import send_next
from messaging.watching.refresh import Asked, AskedJustNow, refresh
from tests.simulator import Simulator
from tests.steps import assert_sound, launched, statuses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("account")]


@pytest.fixture(autouse=True)
def quick(simulator: Simulator) -> None:
    """A provider that knows the end of every message at once, and pushes no receipts."""
    simulator.plan(receipts={"delay": [0, 0]})


def sent(people: int) -> Campaign:
    campaign = launched(people=people)
    send_next()
    return campaign


def ask(campaign: Campaign) -> Asked:
    return refresh(store=campaign.store, campaign_id=campaign.pk, actor=SYSTEM)


def test_what_was_sent_a_moment_ago_is_asked_after_at_once() -> None:
    campaign = sent(25)
    assert poll_silent(batches=5) == {"batches": 0, "asked": 0, "answers": 0}

    assert ask(campaign) == (2, 25)
    assert poll_silent(batches=5) == {"batches": 2, "asked": 25, "answers": 25}

    apply_some(100)
    assert statuses(campaign) == {"delivered": 25}
    assert not asked_for(5).exists()
    assert_sound()


def test_once_a_minute_is_enough() -> None:
    campaign = sent(1)
    ask(campaign)

    with pytest.raises(AskedJustNow) as waiting:
        ask(campaign)
    poll_silent(batches=5)
    with pytest.raises(AskedJustNow) as asked:
        ask(campaign)

    assert waiting.value.facts == asked.value.facts == {"retry_after": 60}
    SendBatch.objects.update(polled_at=timezone.now() - timedelta(seconds=61))
    assert ask(campaign) == (1, 1)


def test_of_a_settled_campaign_nothing_is_asked() -> None:
    campaign = sent(2)
    ask(campaign)
    poll_silent(batches=5)
    apply_some(100)
    SendBatch.objects.update(polled_at=None)

    assert ask(campaign) == (0, 0)


def test_what_is_too_old_to_be_known_is_left() -> None:
    campaign = sent(1)
    SendBatch.objects.update(settled_at=timezone.now() - timedelta(hours=73))

    assert ask(campaign) == (0, 1)


def test_other_campaigns_are_not_touched() -> None:
    mine, other = launched(people=1), launched(people=1)
    send_next()

    ask(mine)

    assert {batch.campaign_id for batch in asked_for(5)} == {mine.pk}
    assert ask(other) == (1, 1)


def test_those_whom_nobody_asked_for_have_their_turn_too() -> None:
    silent, wanted = launched(people=1), launched(people=45)
    send_next()
    SendBatch.objects.filter(campaign=silent).update(settled_at=timezone.now() - timedelta(hours=1))
    ask(wanted)

    assert poll_silent(batches=1)["batches"] == 2

    assert SendBatch.objects.get(campaign=silent).polled_at
    assert asked_for(9).count() == 2


def test_it_is_audited(account: ProviderAccount) -> None:
    campaign = sent(1)

    ask(campaign)

    [line] = AuditEvent.objects.filter(action="campaign.refresh")
    assert (line.subject, line.facts) == (f"campaign:{campaign.pk}", {"batches": 1})
