"""Calls that never came back: unknown, never sent again; and rings for work that nobody rings for."""

import pytest
from pytest_django.fixtures import Settings

from campaigns.models import CampaignRecipient, SendBatch
from campaigns.progress import read
from campaigns.queries.claim import expire_leases
from campaigns.services.finish import finish
from config.queues import Queue, waiting
from config.redis import client
from messaging.models import Receipt
from messaging.sending.claim import claim
from messaging.sending.lost_calls import bury_poison, give_up_calls, ring_if_work
from messaging.sending.settle import settle
from providers.interface import Refused
from tests.steps import assert_holds_match, batch_states, claimed, launched, marked, money, settlement, statuses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]
LONG_AGO = "2020-01-01T00:00:00Z"


def lost(people: int = 3) -> None:
    marked(claimed())
    SendBatch.objects.filter(state="calling").update(called_at=LONG_AGO)


def test_its_recipients_become_unknown_and_keep_their_credits() -> None:
    campaign = launched(people=3)
    lost()

    assert give_up_calls(limit=9) == {"calls": 1, "unknown": 3}

    assert (batch_states(campaign), statuses(campaign)) == (["ambiguous"], {"unknown": 3})
    assert money(campaign) == (1000, 3)
    assert set(CampaignRecipient.objects.values_list("charged", "final_at")) == {(0, None)}
    assert SendBatch.objects.get().error == "the call never came back"


def test_they_are_never_claimed_again() -> None:
    launched(people=3)
    lost()
    give_up_calls(limit=9)

    assert claim("worker") is None


def test_a_young_call_is_left_alone() -> None:
    campaign = launched(people=3)
    marked(claimed())

    assert give_up_calls(limit=9) == {"calls": 0, "unknown": 0}
    assert statuses(campaign) == {"pending": 3}


def test_an_old_claim_is_no_call() -> None:
    launched(people=3)
    claimed()
    SendBatch.objects.update(called_at=LONG_AGO)

    assert give_up_calls(limit=9)["calls"] == 0


def test_it_is_bounded_and_harmless_when_repeated() -> None:
    launched(people=45)
    for _ in range(3):
        lost()

    assert [give_up_calls(limit=2)["calls"] for _ in range(3)] == [2, 1, 0]


def test_the_campaign_ends_and_holds_what_is_unknown() -> None:
    campaign = launched(people=3)
    lost()
    give_up_calls(limit=9)

    assert finish(campaign.pk)

    assert (read(campaign.pk).status, read(campaign.pk).counts["unknown"]) == ("completed", 3)
    assert_holds_match(campaign)


@pytest.fixture
def quiet_queues() -> None:
    """No ring is on its way."""
    client().delete(Queue.SEND.value, Queue.RECEIPTS.value)


def test_work_is_rung_for_up_to_the_bound(quiet_queues: None, settings: Settings) -> None:
    settings.SEND_RINGS = 5
    launched(people=3)
    client().delete(Queue.SEND.value)

    assert ring_if_work() == {"send": 5, "receipts": 0, "inbound": 0}
    assert ring_if_work() == {"send": 0, "receipts": 0, "inbound": 0}
    assert waiting(Queue.SEND) == 5


def test_no_work_no_ring(quiet_queues: None) -> None:
    assert ring_if_work() == {"send": 0, "receipts": 0, "inbound": 0}


def test_receipts_are_rung_for(quiet_queues: None) -> None:
    Receipt.objects.create(account_id=1, dedupe="x", status="delivered")

    assert ring_if_work() == {"send": 0, "receipts": 2, "inbound": 0}


def test_stopped_sending_is_not_rung_for(quiet_queues: None, settings: Settings) -> None:
    launched(people=3)
    settings.QUEUE_DISABLED = True

    assert ring_if_work()["send"] == 0


def went_away(times: int) -> None:
    """So many workers claimed the batch and died before they marked it."""
    for _ in range(times):
        claimed()
        SendBatch.objects.filter(state="claimed").update(lease_until=LONG_AGO)
        if SendBatch.objects.get().claims < times:
            expire_leases(9)


def test_a_batch_that_no_worker_survives_is_a_dead_letter(settings: Settings) -> None:
    settings.SEND_CLAIMS = 3
    campaign = launched(people=2)
    went_away(3)

    assert bury_poison(limit=9) == {"poison": 1, "failed": 2}

    assert (batch_states(campaign), statuses(campaign)) == (["dead"], {"failed": 2})
    assert set(CampaignRecipient.objects.values_list("reason", flat=True)) == {"exhausted"}
    assert (read(campaign.pk).status, money(campaign)) == ("failed", (1000, 0))


def test_a_batch_is_no_poison_before_its_time(settings: Settings) -> None:
    settings.SEND_CLAIMS = 3
    campaign = launched(people=2)
    went_away(2)

    assert bury_poison(limit=9) == {"poison": 0, "failed": 0}
    assert statuses(campaign) == {"pending": 2}


def test_a_settle_forgives_the_workers_that_went_away(settings: Settings) -> None:
    settings.SEND_CLAIMS = 3
    launched(people=2)
    went_away(2)
    expire_leases(9)
    work = claimed()
    marked(work)

    settle(settlement(work, [Refused("provider_error", "busy", True)] * 2))

    assert SendBatch.objects.get().claims == 0
