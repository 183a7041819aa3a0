"""The sender: from claim to finish, and what it does when it cannot go on."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, SendBatch
from campaigns.services.moves import pause
from config.audit import SYSTEM
from config.queues import Queue, waiting
from config.redis import client
from messaging.hooks import pump
from messaging.models import ProviderAccount
from messaging.sending import sender
from messaging.sending.sender import send_batch, send_next
from messaging.tasks import send_next as send_task
from messaging.tasks import stop_claiming
from tests.factories import ProviderAccountFactory
from tests.simulator import Simulator
from tests.steps import batch_states, claimed, launched, money, statuses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]


@pytest.fixture
def asked_to_stop() -> Iterator[None]:
    """SIGTERM has come."""
    stop_claiming()
    yield
    sender.stopping.clear()
    pump.stopping.clear()


def test_it_sends_everything_that_is_due(account: ProviderAccount) -> None:
    first, second = launched(people=45), launched(people=3)

    assert send_task() == {"batches": 4, "accepted": 48, "refused": 0, "unsure": 0, "again": 0}

    assert {Campaign.objects.get(pk=each.pk).status for each in (first, second)} == {"completed"}
    assert send_batch() is None


def test_a_batch_takes_fifteen_statements_however_large_it_is(account: ProviderAccount, settings: Settings) -> None:
    settings.SNAPSHOT_INLINE_MAX = 1000
    for people in (30, 700):
        launched(people=people, credits=1000, message="Hi {{first_name}}")
        with CaptureQueriesContext(connection) as queries:
            assert send_batch()

        statements = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
        assert len(statements) == 15, statements
        send_next()


def test_after_sigterm_nothing_is_claimed(account: ProviderAccount, asked_to_stop: None) -> None:
    campaign = launched(people=3)

    assert send_next()["batches"] == 0

    assert batch_states(campaign) == ["ready"]


def test_when_its_time_is_over_it_rings_and_goes(account: ProviderAccount, settings: Settings) -> None:
    campaign = launched(people=3)
    client().delete(Queue.SEND.value)
    settings.SEND_SLICE_SECONDS = 0

    assert send_next()["batches"] == 0

    assert waiting(Queue.SEND) == 1
    assert batch_states(campaign) == ["ready"]


def test_without_an_account_the_batch_waits_with_the_reason() -> None:
    campaign = launched(people=3)

    assert send_next()["again"] == 3

    batch = SendBatch.objects.get()
    assert (batch.state, batch.error) == ("ready", "no provider account may send at the moment")
    assert (batch.ready_at - timezone.now()).total_seconds() > 25
    assert (batch.claims, batch.attempt, money(campaign)) == (0, 0, (1000, 3))


def test_a_provider_that_cannot_be_reached_costs_no_try(simulator: Simulator) -> None:
    ProviderAccountFactory.create(base_url="http://127.0.0.1:9")
    launched(people=3)

    assert send_next()["again"] == 3

    batch = SendBatch.objects.get()
    assert (batch.state, batch.attempt, batch.spent) == ("ready", 0, 0)
    assert batch.error.startswith("provider not reachable")


def test_it_goes_on_by_itself_when_the_provider_is_back(simulator: Simulator) -> None:
    account = ProviderAccountFactory.create(base_url="http://127.0.0.1:9")
    campaign = launched(people=3)
    send_next()
    account.base_url = simulator.url
    account.save(update_fields=["base_url", "updated_at"])
    SendBatch.objects.update(ready_at=timezone.now())

    send_next()

    assert statuses(campaign) == {"sent": 3}


def test_a_stores_own_account_goes_before_the_shared_one(account: ProviderAccount, simulator: Simulator) -> None:
    campaign = launched(people=1)
    own = ProviderAccountFactory.create(store=campaign.store, base_url=simulator.url)

    send_next()

    assert SendBatch.objects.get().account_id == own.pk


def test_another_stores_account_is_never_used(simulator: Simulator) -> None:
    ProviderAccountFactory.create(store=launched(people=1).store, base_url=simulator.url)
    stranger = launched(people=1)

    send_next()

    assert statuses(stranger) == {"pending": 1}


def test_refused_credentials_stop_the_account_and_fail_nobody(account: ProviderAccount, simulator: Simulator) -> None:
    simulator.plan(faults={"401": 1.0})
    campaign = launched(people=45)

    send_next()

    account.refresh_from_db()
    assert (account.status, account.status_reason) == ("stopped", "The provider refuses our credentials.")
    assert (statuses(campaign), set(batch_states(campaign))) == ({"pending": 45}, {"ready"})
    assert money(campaign) == (1000, 45)


def test_a_pause_between_claim_and_mark_gives_the_batch_back(account: ProviderAccount, simulator: Simulator) -> None:
    campaign = launched(people=3)
    before = simulator.ledger()["calls"]
    work = claimed()
    pause(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)

    assert sender._send(work) == {"again": 3}

    assert (batch_states(campaign), statuses(campaign)) == (["ready"], {"pending": 3})
    assert simulator.ledger()["calls"] == before
