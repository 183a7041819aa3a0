"""Cancel: nothing new goes out, what is on its way is billed, the rest of the hold comes back."""

import pytest

from campaigns.hold import close_orphans
from campaigns.models import Campaign, CampaignRecipient
from campaigns.progress import read
from campaigns.services.finish import close_cancelled, finish
from campaigns.services.moves import cancel
from config.audit import SYSTEM
from messaging.sending.claim import claim
from messaging.sending.sender import mark
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
LATER = Refused("provider_error", "busy", retryable=True)
NO = Refused("invalid_number", "7", retryable=False)


def cancelled(campaign: Campaign) -> None:
    cancel(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)


def test_everything_that_waits_is_closed_and_given_back() -> None:
    campaign = launched(people=45)
    cancelled(campaign)

    assert close_cancelled(limit=9) == {"batches": 3, "credits_released": 45}

    assert (statuses(campaign), batch_states(campaign)) == ({"cancelled": 45}, ["cancelled"] * 3)
    assert money(campaign) == (1000, 0)
    assert_holds_match(campaign)
    assert not CampaignRecipient.objects.filter(final_at=None).exists()


def test_nothing_of_it_is_claimed_any_more() -> None:
    campaign = launched(people=5)
    cancelled(campaign)

    assert claim("worker") is None


def test_a_claimed_batch_is_not_called_any_more() -> None:
    campaign = launched(people=5)
    work = claimed()
    cancelled(campaign)

    assert mark_of(work) is None
    assert close_cancelled(limit=9)["batches"] == 0  # it is still in the hands of the worker


def mark_of(work: object) -> object:
    route = type("Route", (), {"account": type("Account", (), {"pk": 1})})
    return mark(work, route)  # type: ignore[arg-type]


def test_what_was_in_flight_is_billed_and_the_rest_comes_back() -> None:
    campaign = launched(people=45)
    work = claimed()
    marked(work)
    cancelled(campaign)
    close_cancelled(limit=9)
    assert money(campaign) == (1000, len(work.people))

    settle(settlement(work))
    finish(campaign.pk)

    assert Campaign.objects.get(pk=campaign.pk).status == "cancelled"
    assert statuses(campaign) == {"sent": 20, "cancelled": 25}
    assert money(campaign) == (980, 0)
    assert_holds_match(campaign)


@pytest.mark.parametrize("outcome", [NO, LATER])
def test_what_was_in_flight_and_refused_comes_back(outcome: Outcome) -> None:
    campaign = launched(people=2)
    work = claimed()
    marked(work)
    cancelled(campaign)
    settle(settlement(work, [Accepted("m-1"), outcome]))

    finish(campaign.pk)
    due_now(campaign)
    close_cancelled(limit=9)

    assert statuses(campaign)["sent"] == 1
    assert money(campaign) == (999, 0)
    assert_holds_match(campaign)


def test_the_unknown_of_a_cancelled_campaign_keep_their_credits() -> None:
    campaign = launched(people=2)
    work = claimed()
    marked(work)
    settle(settlement(work, [Unsure("timeout"), LATER]))
    cancelled(campaign)

    close_cancelled(limit=9)
    finish(campaign.pk)
    close_orphans(limit=9)

    assert statuses(campaign) == {"unknown": 1, "cancelled": 1}
    assert batch_states(campaign) == ["ambiguous"]
    assert_holds_match(campaign)
    assert money(campaign) == (1000, 1)


def test_a_worker_that_died_before_releasing_is_made_up_for() -> None:
    campaign = launched(people=3)
    work = claimed()
    marked(work)
    cancelled(campaign)
    settle(settlement(work, [NO] * 3))

    assert close_orphans(limit=9) == {"found": 1, "credits_released": 3}
    assert close_orphans(limit=9) == {"found": 0, "credits_released": 0}
    assert_holds_match(campaign)


def test_the_sweep_is_bounded_and_goes_on_where_it_stopped() -> None:
    campaign = launched(people=45)
    cancelled(campaign)

    assert [close_cancelled(limit=2)["batches"] for _ in range(3)] == [2, 1, 0]

    assert read(campaign.pk).counts["cancelled"] == 45


def test_other_campaigns_are_left_alone() -> None:
    gone, stays = launched(people=2), launched(people=2)
    cancelled(gone)

    close_cancelled(limit=9)

    assert batch_states(stays) == ["ready"]
    assert money(stays) == (1000, 2)
