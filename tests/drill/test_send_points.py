"""A worker killed at each place between claim and settle: what it leaves, who mends it, and nobody is texted twice.

The rows are those of the crash-point table in docs/crash-drill.md; leases and deadlines are forced instead of awaited.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import CreditReservation
from campaigns.models import Campaign, SendBatch
from campaigns.progress import read
from campaigns.queries.claim import expire_leases
from campaigns.services.finish import finish_drained
from messaging.models import ProviderAccount
from messaging.receipts import inbox
from messaging.receipts.apply import drain
from messaging.sending.lost_calls import give_up_calls, ring_if_work
from messaging.sending.sender import send_next
from messaging.unknown import give_up_overdue
from providers.interface import Receipt
from tests.drill.deaths import SEND, die_at, phones, received
from tests.simulator import Simulator
from tests.steps import batch_states, launched, money, statuses

pytestmark = [
    pytest.mark.flow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_broker", "account", "sound"),
]


def give_up_now() -> dict[str, int]:
    """The sweep of lost calls, as if the call were older than SEND_CALL_STALE_SECONDS."""
    SendBatch.objects.filter(state="calling").update(called_at=timezone.now() - timedelta(hours=1))
    return give_up_calls(limit=10)


def expire_now() -> int:
    """The sweep of leases, as if the lease were over."""
    SendBatch.objects.filter(state="claimed").update(lease_until=timezone.now() - timedelta(seconds=1))
    return expire_leases(10)


def receipts_for(simulator: Simulator, campaign: Campaign, account: ProviderAccount) -> None:
    """The provider's receipts about everybody it accepted, with our references."""
    numbers = set(received(simulator, campaign))
    told = [
        Receipt(item["message_id"], item["reference"], item["message_id"], "delivered", "Delivered")
        for item in simulator.received()
        if item["destination"] in numbers
    ]
    inbox.store(account, told)
    drain()


def test_killed_inside_the_claim_leaves_nothing_behind(simulator: Simulator) -> None:
    campaign = launched(people=3)

    die_at("claim.before_commit", SEND)

    assert batch_states(campaign) == ["ready"]
    assert received(simulator, campaign) == []
    assert ring_if_work()["send"] > 0  # the next ring finds it: within 5 s
    send_next()
    assert received(simulator, campaign) == phones(campaign)
    assert statuses(campaign) == {"sent": 3}


@pytest.mark.parametrize("point", ["claim.committed", "mark.before_commit"])
def test_killed_before_the_mark_goes_back_when_the_lease_is_over(simulator: Simulator, point: str) -> None:
    campaign = launched(people=3)

    die_at(point, SEND)

    assert batch_states(campaign) == ["claimed"]
    assert statuses(campaign) == {"pending": 3}
    assert expire_leases(10) == 0  # not before its time: 60 s and one sweep
    assert expire_now() == 1
    send_next()
    assert received(simulator, campaign) == phones(campaign)
    assert statuses(campaign) == {"sent": 3}


@pytest.mark.parametrize("point", ["mark.committed", "call.connected"])
def test_killed_between_mark_and_call_is_never_resent_and_given_back_at_the_deadline(
    simulator: Simulator, point: str
) -> None:
    campaign = launched(people=3)

    die_at(point, SEND)

    assert batch_states(campaign) == ["calling"]
    assert give_up_calls(limit=10)["calls"] == 0  # not before its time: 90 s and one sweep
    assert give_up_now() == {"calls": 1, "unknown": 3}
    send_next()
    assert received(simulator, campaign) == []
    assert finish_drained(limit=10)["finished"] == 1
    assert money(campaign) == (1000, 3)
    give_up_overdue(limit=10, deadline_hours=0)
    assert statuses(campaign) == {"unconfirmed": 3}
    assert money(campaign) == (1000, 0)


@pytest.mark.parametrize("point", ["call.answered", "settle.before_commit"])
def test_killed_after_the_answer_is_settled_by_receipts(
    simulator: Simulator, account: ProviderAccount, point: str
) -> None:
    campaign = launched(people=3)

    die_at(point, SEND)

    assert batch_states(campaign) == ["calling"]
    assert statuses(campaign) == {"pending": 3}
    assert received(simulator, campaign) == phones(campaign)
    assert give_up_now()["unknown"] == 3
    send_next()
    receipts_for(simulator, campaign, account)
    assert received(simulator, campaign) == phones(campaign)
    assert statuses(campaign) == {"delivered": 3}
    finish_drained(limit=10)
    assert money(campaign) == (997, 0)


@pytest.mark.parametrize("point", ["call.answered", "settle.before_commit"])
def test_without_an_echoed_reference_the_same_ends_unconfirmed_and_unbilled(simulator: Simulator, point: str) -> None:
    campaign = launched(people=3)

    die_at(point, SEND)

    give_up_now()
    send_next()
    finish_drained(limit=10)
    give_up_overdue(limit=10, deadline_hours=0)
    assert statuses(campaign) == {"unconfirmed": 3}
    assert received(simulator, campaign) == phones(campaign)  # once, and never again
    assert money(campaign) == (1000, 0)


def test_killed_after_the_settle_needs_only_the_finish(simulator: Simulator) -> None:
    campaign = launched(people=3)

    die_at("settle.committed", SEND)

    assert batch_states(campaign) == ["done"]
    assert (statuses(campaign), money(campaign)) == ({"sent": 3}, (997, 0))
    assert read(campaign.pk).status == "sending"
    assert finish_drained(limit=10) == {"found": 1, "finished": 1}  # within 10 s
    assert received(simulator, campaign) == phones(campaign)
    assert CreditReservation.objects.get().state == "closed"


def test_killed_at_the_third_of_several_batches_loses_only_that_one(simulator: Simulator) -> None:
    campaign = launched(people=60)  # three batches of twenty

    die_at("mark.committed@3", SEND)

    assert sorted(batch_states(campaign)) == ["calling", "done", "done"]
    give_up_now()
    send_next()
    finish_drained(limit=10)
    give_up_overdue(limit=10, deadline_hours=0)
    assert statuses(campaign) == {"sent": 40, "unconfirmed": 20}
    assert len(set(received(simulator, campaign))) == len(received(simulator, campaign)) == 40
    assert money(campaign) == (960, 0)
