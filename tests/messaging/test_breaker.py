"""The circuit breaker: an account that the provider refuses is stopped, once, with an alert; nobody fails for it."""

import logging

import pytest

from campaigns.models import Campaign, SendBatch
from config.models import AuditEvent
from messaging.models import MessageLog, ProviderAccount
from messaging.sending.breaker import stop
from messaging.sending.sender import send_batch, send_next
from tests.factories import ProviderAccountFactory
from tests.simulator import Simulator
from tests.steps import assert_sound, batch_states, due_now, launched, money, statuses

pytestmark = pytest.mark.django_db


def test_refused_credentials_stop_the_account_and_fail_nobody(simulator: Simulator, account: ProviderAccount) -> None:
    simulator.plan(faults={"401": 1.0})
    campaign = launched(people=3)

    send_batch()

    account.refresh_from_db()
    assert (account.status, account.status_reason) == ("stopped", "The provider refuses our credentials.")
    assert (statuses(campaign), batch_states(campaign)) == ({"pending": 3}, ["ready"])
    assert money(campaign) == (1000, 3)
    assert Campaign.objects.get(pk=campaign.pk).status == "sending"
    assert_sound()


def test_an_empty_account_at_the_provider_stops_it_too(simulator: Simulator, account: ProviderAccount) -> None:
    simulator.plan(faults={"402": 1.0})
    campaign = launched(people=3)

    send_batch()

    account.refresh_from_db()
    assert (account.status, account.status_reason) == ("stopped", "The account at the provider is empty.")
    assert statuses(campaign) == {"pending": 3}


def test_it_is_told_once_however_many_hear_it(
    simulator: Simulator, account: ProviderAccount, caplog: pytest.LogCaptureFixture
) -> None:
    simulator.plan(faults={"401": 1.0})
    launched(people=3)
    caplog.set_level(logging.ERROR)

    send_batch()
    again = stop(account, reason="The provider refuses our credentials.")

    assert not again
    line = AuditEvent.objects.get(action="provideraccount.stop")
    assert (line.actor, line.subject) == ("system", f"provideraccount:{account.pk}")
    assert [record.message for record in caplog.records if "stopped" in record.message] == ["provider_account_stopped"]


def test_a_reason_that_was_there_is_not_overwritten(account: ProviderAccount) -> None:
    ProviderAccount.objects.filter(pk=account.pk).update(status="stopped", status_reason="By hand: invoice unpaid")

    assert not stop(account, reason="The provider refuses our credentials.")

    account.refresh_from_db()
    assert account.status_reason == "By hand: invoice unpaid"


@pytest.mark.usefixtures("account")
def test_the_refused_calls_cost_no_attempt(simulator: Simulator) -> None:
    simulator.plan(faults={"401": 1.0})
    campaign = launched(people=3)

    send_batch()

    batch = SendBatch.objects.get(campaign=campaign)
    assert (batch.attempt, batch.spent) == (1, 0)
    assert batch.error.startswith("HTTP 401")
    assert set(MessageLog.objects.filter(campaign_id=campaign.pk).values_list("outcome", flat=True)) == {"refused"}


def test_after_staff_start_it_the_batch_goes_out_under_a_new_reference(
    simulator: Simulator, account: ProviderAccount
) -> None:
    simulator.plan(faults={"401": 1.0})
    campaign = launched(people=3)
    send_batch()
    before = len(simulator.received())
    simulator.plan()
    due_now(campaign)
    assert send_batch() == {"again": 3}  # nobody may send yet

    ProviderAccount.objects.filter(pk=account.pk).update(status="active", status_reason="")
    due_now(campaign)
    assert send_next()["accepted"] == 3

    assert Campaign.objects.get(pk=campaign.pk).status == "completed"
    assert money(campaign) == (997, 0)
    received = simulator.received()[before:]
    assert len({item["reference"] for item in received}) == len(received) == 3
    assert_sound()


def test_a_fault_of_one_account_leaves_the_others_alone(simulator: Simulator) -> None:
    broken = launched(people=2)
    ProviderAccountFactory.create(base_url=simulator.url, store=broken.store)
    shared = ProviderAccountFactory.create(base_url=simulator.url)
    simulator.plan(script={"1": "401"})

    send_batch()
    due_now(broken)
    send_next()

    shared.refresh_from_db()
    assert shared.status == "active"
    assert statuses(broken) == {"sent": 2}  # over the shared one


@pytest.mark.parametrize("fault", ["429", "500", "partial", "422", "hang_before", "drop_after"])
def test_what_is_no_fault_of_the_account_does_not_stop_it(
    simulator: Simulator, account: ProviderAccount, fault: str, settings: object
) -> None:
    settings.SEND_CALL_SECONDS = 0.5  # type: ignore[attr-defined]
    simulator.plan(faults={fault: 1.0}, hang_seconds=1)
    launched(people=2)

    send_batch()

    account.refresh_from_db()
    assert account.status == "active"
    assert not AuditEvent.objects.filter(action="provideraccount.stop").exists()
