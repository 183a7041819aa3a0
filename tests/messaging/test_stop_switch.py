"""Stopping: everything, a store, an account. Rows stay, nobody fails, and it goes on where it was."""

import time

import pytest
from pytest_django.fixtures import Settings

from audiences.models import Store
from campaigns.models import Campaign, SendBatch
from campaigns.queries.claim import soonest_ready
from campaigns.services.finish import finish
from config.queues import Queue, waiting
from config.redis import client
from messaging.models import ProviderAccount
from messaging.sending import sender
from messaging.sending.lost_calls import ring_if_work
from messaging.sending.sender import send_batch, send_next
from tests.factories import ProviderAccountFactory
from tests.simulator import Simulator
from tests.steps import batch_states, due_now, launched, money, statuses

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_rings() -> None:
    """Nobody serves the queues of tests."""
    client().delete(*[queue.value for queue in Queue])


def rings() -> int:
    """How many rings for sending are on their way."""
    return waiting(Queue.SEND) or 0


def accepted(simulator: Simulator) -> int:
    """How many messages the provider has ever taken."""
    number: int = simulator.ledger()["accepted"]
    return number


@pytest.mark.usefixtures("account")
def test_the_switch_stops_all_sending_and_rings_for_nobody(simulator: Simulator, settings: Settings) -> None:
    campaign = launched(people=3)
    client().delete(Queue.SEND.value)
    before = accepted(simulator)
    settings.QUEUE_DISABLED = True

    assert send_next()["batches"] == 0
    assert ring_if_work()["send"] == 0

    assert (batch_states(campaign), statuses(campaign), money(campaign)) == (["ready"], {"pending": 3}, (1000, 3))
    assert (accepted(simulator), rings()) == (before, 0)

    settings.QUEUE_DISABLED = False
    assert send_next()["accepted"] == 3


@pytest.mark.usefixtures("account")
def test_the_switch_lets_the_batch_in_flight_end(
    simulator: Simulator, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = launched(people=45)

    def switch_off(campaign_id: int) -> bool:
        settings.QUEUE_DISABLED = True
        return finish(campaign_id)

    monkeypatch.setattr(sender, "finish", switch_off)

    assert send_next()["batches"] == 1

    assert statuses(campaign) == {"sent": 20, "pending": 25}


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("stopped", [{"sending_stopped": True}, {"status": "suspended"}])
def test_a_stopped_store_sends_nothing_and_keeps_no_worker_busy(
    simulator: Simulator, stopped: dict[str, object], settings: Settings
) -> None:
    campaign = launched(people=3)
    client().delete(Queue.SEND.value)
    Store.objects.filter(pk=campaign.store_id).update(**stopped)
    started = time.monotonic()

    assert send_next()["batches"] == 0

    assert time.monotonic() - started < settings.SEND_SLICE_SECONDS / 2
    assert (rings(), soonest_ready()) == (0, None)
    assert ring_if_work()["send"] == 0
    assert statuses(campaign) == {"pending": 3}


@pytest.mark.usefixtures("account")
def test_other_stores_go_on_and_the_stopped_one_later(simulator: Simulator) -> None:
    stopped, other = launched(people=3), launched(people=2)
    Store.objects.filter(pk=stopped.store_id).update(sending_stopped=True)

    assert send_next()["accepted"] == 2
    assert Campaign.objects.get(pk=other.pk).status == "completed"

    Store.objects.filter(pk=stopped.store_id).update(sending_stopped=False)
    assert send_next()["accepted"] == 3
    assert money(stopped) == (997, 0)


def test_without_an_account_that_may_send_batches_wait(simulator: Simulator) -> None:
    ProviderAccountFactory.create(base_url=simulator.url, status="stopped", status_reason="by hand")
    campaign = launched(people=3)
    before = accepted(simulator)

    assert send_batch() == {"again": 3}

    batch = SendBatch.objects.get(campaign=campaign)
    assert (batch.state, batch.error) == ("ready", "no provider account may send at the moment")
    assert (batch.spent, batch.claims, batch.attempt) == (0, 0, 0)
    assert 29 <= (soonest_ready() or 0) <= 30
    assert (statuses(campaign), accepted(simulator)) == ({"pending": 3}, before)


def test_an_account_that_staff_started_again_sends(simulator: Simulator) -> None:
    account = ProviderAccountFactory.create(base_url=simulator.url, status="stopped")
    campaign = launched(people=3)
    send_batch()
    ProviderAccount.objects.filter(pk=account.pk).update(status="active")

    due_now(campaign)
    assert send_next()["accepted"] == 3

    assert Campaign.objects.get(pk=campaign.pk).status == "completed"


def test_a_stopped_account_of_the_stores_own_gives_way_to_the_shared_one(simulator: Simulator) -> None:
    campaign = launched(people=3)
    own = ProviderAccountFactory.create(base_url=simulator.url, store=campaign.store, status="stopped")
    shared = ProviderAccountFactory.create(base_url=simulator.url)

    assert send_next()["accepted"] == 3

    assert SendBatch.objects.get(campaign=campaign).account_id == shared.pk != own.pk


@pytest.mark.usefixtures("account")
def test_another_stores_account_is_never_used(simulator: Simulator) -> None:
    ProviderAccount.objects.update(status="stopped")
    campaign, other = launched(people=1), launched(people=1)
    ProviderAccountFactory.create(base_url=simulator.url, store=other.store)

    assert send_next()["accepted"] == 1

    assert (statuses(campaign), statuses(other)) == ({"pending": 1}, {"sent": 1})
