"""The end of a campaign: when, as what, and what becomes of its hold."""

import pytest

from billing.models import CreditReservation
from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from campaigns.services.finish import finish, finish_drained
from campaigns.services.moves import pause
from config.audit import SYSTEM
from messaging.sending.settle import settle
from providers.interface import Accepted, Outcome, Refused, Unsure
from tests.steps import (
    assert_holds_match,
    batch_states,
    claimed,
    due_now,
    launched,
    marked,
    money,
    settlement,
    statuses,
)

pytestmark = pytest.mark.django_db
YES, NO, UNSURE = Accepted("m-1"), Refused("invalid_number", "7", retryable=False), Unsure("timeout")
LATER = Refused("provider_error", "busy", retryable=True)


def settled(campaign: Campaign, outcomes: list[Outcome]) -> None:
    work = claimed()
    marked(work)
    settle(settlement(work, outcomes))


def after(outcomes: list[Outcome]) -> Campaign:
    """A campaign of one batch whose people came to this, and which was asked to finish."""
    campaign = launched(people=len(outcomes))
    settled(campaign, outcomes)
    finish(campaign.pk)
    return Campaign.objects.get(pk=campaign.pk)


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([YES, YES], "completed"),
        ([YES, NO, NO], "completed"),
        ([NO, NO], "failed"),
        ([UNSURE, NO], "completed"),
        ([UNSURE, UNSURE], "completed"),
    ],
)
def test_it_failed_only_if_nobody_may_have_got_it(outcomes: list[Outcome], status: str) -> None:
    campaign = after(outcomes)

    assert campaign.status == status
    assert campaign.finished_at
    event = CampaignEvent.objects.get(campaign=campaign, event="complete" if status == "completed" else "fail")
    assert (event.before, event.after, event.actor) == ("sending", status, "system")


def test_everybody_skipped_is_no_failure() -> None:
    campaign = launched(people=2)
    campaign.store.contacts.update(consent="opted_out")

    assert claimed().people == []
    assert finish(campaign.pk)

    assert Campaign.objects.get(pk=campaign.pk).status == "completed"
    assert statuses(campaign) == {"skipped": 2}
    assert money(campaign) == (1000, 0)


def test_what_was_not_sent_is_given_back() -> None:
    campaign = after([YES, NO, NO])

    assert money(campaign) == (999, 0)
    assert_holds_match(campaign)


def test_the_hold_stays_for_exactly_the_unknown() -> None:
    campaign = after([YES, NO, UNSURE, UNSURE])

    assert money(campaign) == (999, 2)
    assert_holds_match(campaign)


def test_it_is_not_finished_while_somebody_is_pending() -> None:
    campaign = after([YES, LATER])

    assert campaign.status == "sending"
    assert money(campaign) == (999, 1)


def test_it_is_not_finished_while_it_is_not_written_down() -> None:
    campaign = launched(people=1)
    settled(campaign, [YES])
    campaign.snapshot.done_at = None
    campaign.snapshot.save(update_fields=["done_at"])

    assert not finish(campaign.pk)


def test_it_is_finished_once() -> None:
    campaign = after([YES])

    assert not finish(campaign.pk)
    assert CampaignEvent.objects.filter(campaign=campaign, event="complete").count() == 1


def test_inside_an_uncommitted_settle_nothing_is_finished() -> None:
    campaign = launched(people=1)
    work = claimed()
    marked(work)

    assert not finish(campaign.pk)

    settle(settlement(work))
    assert finish(campaign.pk)


def test_a_paused_campaign_ends_when_the_last_batch_in_flight_was_the_last() -> None:
    campaign = launched(people=2)
    work = claimed()
    marked(work)
    pause(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)
    settle(settlement(work))

    assert finish(campaign.pk)

    assert Campaign.objects.get(pk=campaign.pk).status == "completed"


def test_the_sweep_finds_what_a_dead_worker_left() -> None:
    campaign = launched(people=2)
    settled(campaign, [YES, NO])
    still_sending = launched(people=1)

    assert finish_drained(limit=9) == {"found": 1, "finished": 1}

    assert Campaign.objects.get(pk=campaign.pk).status == "completed"
    assert Campaign.objects.get(pk=still_sending.pk).status == "sending"
    assert finish_drained(limit=9) == {"found": 0, "finished": 0}


def test_a_retry_is_waited_for_and_then_it_ends() -> None:
    campaign = after([YES, LATER])
    due_now(campaign)
    settled(campaign, [YES])

    assert finish(campaign.pk)

    assert statuses(campaign) == {"sent": 2}
    assert batch_states(campaign) == ["done"]
    assert money(campaign) == (998, 0)


def test_an_unknown_of_an_earlier_attempt_keeps_its_credits_when_nobody_else_is_left() -> None:
    campaign = after([UNSURE, LATER])
    due_now(campaign)
    waiting = CampaignRecipient.objects.get(campaign=campaign, status="pending")
    campaign.store.contacts.filter(received=waiting).update(consent="opted_out")

    assert claimed().people == []
    assert finish(campaign.pk)

    assert statuses(campaign) == {"skipped": 1, "unknown": 1}
    assert batch_states(campaign) == ["ambiguous"]
    assert_holds_match(campaign)
    assert CreditReservation.objects.get().remaining == 1
