"""Money that moves late: credits go back when somebody is given up, and what is proved afterwards is still billed.

Each of these was a hold that came up short in the crash drill.
"""

import pytest

from billing.models import CreditReservation, LedgerEntry
from campaigns.models import Campaign, CampaignRecipient, SendBatch
from campaigns.progress import read
from config.audit import SYSTEM
from messaging import unknown
from messaging.models import MessageLog, ProviderAccount, Receipt
from messaging.receipts.apply import apply_some
from messaging.sending.lost_calls import give_up_calls
from messaging.sending.settle import settle
from messaging.unknown import decide, give_up_overdue
from providers.interface import Accepted, Refused, Unsure
from tests.factories import ProviderAccountFactory
from tests.messaging.words import applied, by_provider_id, receipt
from tests.steps import batch_states, claimed, launched, marked, money, settlement, statuses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]
LONG_AGO = "2020-01-01T00:00:00Z"
REFUSED = Refused("invalid_number", "7", retryable=False)


@pytest.fixture
def account(db: None) -> ProviderAccount:
    """An account that is never called here."""
    return ProviderAccountFactory.create()


def two_batches() -> Campaign:
    """Forty recipients in two batches of twenty."""
    campaign = launched(people=40)
    assert batch_states(campaign) == ["ready", "ready"]
    return campaign


def given_up_while_sending(account: ProviderAccount) -> Campaign:
    """One batch unsure and given up, the other one still to be sent."""
    campaign = two_batches()
    work = claimed()
    marked(work, account_id=account.pk)
    settle(settlement(work, [Unsure("time-out")] * 20))
    give_up_overdue(limit=9, deadline_hours=0)
    return campaign


def test_credits_go_back_when_somebody_is_given_up_not_only_at_the_end(account: ProviderAccount) -> None:
    campaign = given_up_while_sending(account)

    assert read(campaign.pk).status == "sending"
    assert statuses(campaign) == {"pending": 20, "unconfirmed": 20}
    assert money(campaign) == (1000, 20)


def test_who_was_given_up_is_billed_from_the_account_and_takes_no_hold_of_others(account: ProviderAccount) -> None:
    campaign = given_up_while_sending(account)
    late = CampaignRecipient.objects.filter(status="unconfirmed").first()
    assert late

    assert applied(account, receipt(late)) == {"captured": 1}

    assert LedgerEntry.objects.get(key=f"late:{late.pk}").kind == "late"
    assert CreditReservation.objects.get().remaining == 20
    assert money(campaign) == (999, 20)


def test_a_late_settle_finds_its_credits_whatever_was_given_up_before(account: ProviderAccount) -> None:
    campaign = given_up_while_sending(account)
    work = claimed()
    marked(work)
    SendBatch.objects.filter(state="calling").update(called_at=LONG_AGO)
    give_up_calls(limit=9)
    for late in CampaignRecipient.objects.filter(status="unconfirmed"):
        applied(account, receipt(late))

    assert settle(settlement(work))["accepted"] == 20

    assert statuses(campaign) == {"delivered": 20, "sent": 20}
    assert money(campaign)[0] == 960


def test_a_late_settle_whose_hold_has_ended_bills_the_account() -> None:
    campaign = launched(people=3)
    work = claimed()
    marked(work)
    SendBatch.objects.update(called_at=LONG_AGO)
    give_up_calls(limit=9)
    CreditReservation.objects.update(released=3)  # a hold that somebody emptied by hand
    campaign.store.account.__class__.objects.update(held=0)

    assert settle(settlement(work))["accepted"] == 3

    assert statuses(campaign) == {"sent": 3}
    assert money(campaign) == (997, 0)


def test_staff_who_give_somebody_up_give_the_credits_back_at_once() -> None:
    campaign = two_batches()
    work = claimed()
    marked(work)
    settle(settlement(work, [Unsure("time-out")] * 20))

    assert decide(campaign_id=campaign.pk, accepted=False, actor=SYSTEM, reason="asked the provider") == 20

    assert (statuses(campaign), money(campaign)) == ({"pending": 20, "unconfirmed": 20}, (1000, 20))


def test_a_receipt_that_is_too_early_is_looked_at_again_soon(account: ProviderAccount) -> None:
    launched(people=1)
    work = claimed()
    marked(work, account_id=account.pk)
    recipient = CampaignRecipient.objects.get()

    assert applied(account, receipt(recipient)) == {"early": 1}
    for _ in range(9):
        Receipt.objects.update(next_try_at=LONG_AGO)
        assert apply_some(9) == {"early": 1}

    waiting = Receipt.objects.get()
    assert (waiting.outcome, waiting.applied_at) == ("early", None)
    assert (waiting.next_try_at - waiting.received_at).total_seconds() < 60


def test_a_settle_after_the_deadline_bills_whom_the_provider_had_accepted(account: ProviderAccount) -> None:
    campaign = launched(people=3)
    work = claimed()
    marked(work, account_id=account.pk)
    said = settlement(work, [Accepted("m-1", 1), REFUSED, Accepted("m-2", 1)], account_id=account.pk)
    give_up(campaign)
    assert (statuses(campaign), batch_states(campaign), money(campaign)) == ({"unconfirmed": 3}, ["done"], (1000, 0))

    assert (settle(said), settle(said)) == ({"accepted": 2}, {})

    assert (statuses(campaign), money(campaign)) == ({"sent": 2, "unconfirmed": 1}, (998, 0))
    assert LedgerEntry.objects.filter(key__startswith="late:").count() == 2
    lines = MessageLog.objects.filter(campaign_id=campaign.pk, kind="attempt")
    assert set(lines.values_list("provider_message_id", flat=True)) == {"m-1", "m-2"}


def test_a_receipt_by_the_providers_id_finds_whom_a_late_settle_named(account: ProviderAccount) -> None:
    campaign = launched(people=1)
    work = claimed()
    marked(work, account_id=account.pk)
    give_up(campaign)

    settle(settlement(work, [Accepted("m-1", 1)], account_id=account.pk))
    applied(account, by_provider_id(CampaignRecipient.objects.get()))

    assert (statuses(campaign), money(campaign)) == ({"delivered": 1}, (999, 0))


def test_a_late_settle_bills_those_whom_staff_had_given_up_meanwhile(
    account: ProviderAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unknown, "DECIDE_MAX", 2)
    campaign = launched(people=3)
    work = claimed()
    marked(work, account_id=account.pk)
    SendBatch.objects.update(called_at=LONG_AGO)
    give_up_calls(limit=1)
    decide(campaign_id=campaign.pk, accepted=False, actor=SYSTEM, reason="asked the provider")
    assert statuses(campaign) == {"unconfirmed": 2, "unknown": 1}

    settle(settlement(work, account_id=account.pk))

    assert (statuses(campaign), batch_states(campaign), money(campaign)) == ({"sent": 3}, ["done"], (997, 0))


def give_up(campaign: Campaign) -> None:
    """The call never came back, and the deadline of what it left unknown has passed."""
    SendBatch.objects.filter(campaign=campaign).update(called_at=LONG_AGO)
    assert give_up_calls(limit=1)["calls"] == 1
    assert give_up_overdue(limit=1, deadline_hours=0)["batches"] == 1
