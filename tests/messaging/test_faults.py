"""Every fault of the simulator in the first call of a campaign: nobody twice, nobody forgotten, the books exact."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, CampaignRecipient, SendBatch
from campaigns.services.finish import finish_drained
from config.opaque import recipient_of
from messaging.models import ProviderAccount, Receipt
from messaging.receipts.apply import drain
from messaging.sending.lost_calls import give_up_calls
from messaging.sending.sender import send_next
from messaging.unknown import give_up_overdue
from providers.simulator.plan import FAULTS, UNANSWERED, UNPROCESSED
from tests.simulator import Simulator
from tests.steps import assert_holds_match, launched, money, statuses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]
PEOPLE = 12
ACCOUNT_FAULTS = {"401", "402", "403", "404"}
# Retried after they were refused as a whole, in halves, or in part.
ALL_DELIVERED = set(FAULTS) - UNPROCESSED


@pytest.fixture(autouse=True)
def hasty(settings: Settings) -> None:
    """Hanging calls end soon, and what is to be tried again is due at once."""
    settings.SEND_CALL_SECONDS = 1
    settings.SEND_BACKOFF_SECONDS = 0


def run_to_the_end(campaign: Campaign, account: ProviderAccount) -> None:
    """Send, sweep, send again, as the workers would; staff start a stopped account again."""
    for _ in range(4):
        send_next()
        give_up_calls(limit=9)
        ProviderAccount.objects.filter(pk=account.pk).update(status="active")
        SendBatch.objects.filter(campaign=campaign, state="ready").update(ready_at="2020-01-01T00:00:00Z")
    finish_drained(limit=9)


def ledger_of(campaign: Campaign, simulator: Simulator) -> list[dict[str, Any]]:
    """What the simulator accepted of this campaign."""
    phones = set(CampaignRecipient.objects.filter(campaign=campaign).values_list("phone", flat=True))
    return [item for item in simulator.received() if item["destination"] in phones]


def receipts_of(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "messageId": item["message_id"],
            "deliveryStatus": "Delivered",
            "updatedAt": "2026-11-22T02:00:00Z",
            "reference": item["reference"],
        }
        for item in items
    ]


def said(client: Client, account: ProviderAccount, items: list[dict[str, Any]]) -> None:
    """The provider's receipts, over the webhook, and the drain."""
    address, headers = reverse("receipts", args=[account.slug]), {"X-Webhook-Token": "hush"}
    if items:
        response = client.post(address, receipts_of(items), content_type="application/json", headers=headers)
        assert response.status_code == 200
    Receipt.objects.filter(applied_at=None).update(next_try_at="2020-01-01T00:00:00Z")
    drain()


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_nobody_gets_it_twice_and_every_credit_is_explained(
    fault: str, simulator: Simulator, account: ProviderAccount, client: Client
) -> None:
    simulator.plan(script={"1": fault}, hang_seconds=5, retry_after=0, drip_seconds=5)
    campaign = launched(people=PEOPLE)

    run_to_the_end(campaign, account)
    items = ledger_of(campaign, simulator)
    said(client, account, items)

    references = [item["reference"] for item in items]
    assert len(set(references)) == len(references)
    assert len({item["destination"] for item in items}) == len(items)
    found = [recipient_of(reference) for reference in references]
    delivered = CampaignRecipient.objects.filter(campaign=campaign, status="delivered").values_list("pk", flat=True)
    assert {pair[0] for pair in found if pair} == set(delivered)
    assert money(campaign)[0] == 1000 - len(items)
    assert Campaign.objects.get(pk=campaign.pk).status == "completed"
    assert_holds_match(campaign)
    assert statuses(campaign) == ({"delivered": PEOPLE} if fault in ALL_DELIVERED else {"unknown": PEOPLE})


@pytest.mark.parametrize("fault", sorted(UNPROCESSED))
def test_what_the_provider_never_saw_is_given_up_in_the_end(
    fault: str, simulator: Simulator, account: ProviderAccount
) -> None:
    simulator.plan(script={"1": fault}, hang_seconds=5)
    campaign = launched(people=PEOPLE)
    run_to_the_end(campaign, account)

    give_up_overdue(limit=9, deadline_hours=0)

    assert (statuses(campaign), money(campaign)) == ({"unconfirmed": PEOPLE}, (1000, 0))
    assert ledger_of(campaign, simulator) == []


@pytest.mark.parametrize("fault", sorted(UNANSWERED))
def test_receipts_without_our_reference_settle_nobody_who_has_no_id(
    fault: str, simulator: Simulator, account: ProviderAccount, client: Client
) -> None:
    simulator.plan(script={"1": fault}, hang_seconds=5, drip_seconds=5)
    campaign = launched(people=2)
    run_to_the_end(campaign, account)

    items = [{**item, "reference": None} for item in ledger_of(campaign, simulator)]
    said(client, account, items)
    give_up_overdue(limit=9, deadline_hours=0)

    assert (len(items), statuses(campaign)) == (2, {"unconfirmed": 2})
    assert money(campaign) == (1000, 0)
    assert set(Receipt.objects.values_list("outcome", flat=True)) == {"unmatched"}


@pytest.mark.parametrize("fault", sorted(ACCOUNT_FAULTS))
def test_a_fault_of_the_account_costs_nobody_a_try(fault: str, simulator: Simulator, account: ProviderAccount) -> None:
    simulator.plan(faults={fault: 1.0})
    campaign = launched(people=PEOPLE)

    run_to_the_end(campaign, account)

    assert (statuses(campaign), money(campaign)) == ({"pending": PEOPLE}, (1000, PEOPLE))
    assert SendBatch.objects.get().spent == 0
