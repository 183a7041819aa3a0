"""Polling: the safety net for receipts that never came. Bounded, fair, backing off; it settles what it can."""

from typing import Any

import pytest
from django.db import connection

from campaigns.models import Campaign, CampaignRecipient, SendBatch
from campaigns.progress import read
from messaging import polling
from messaging.models import MessageLog, ProviderAccount
from messaging.polling import due, poll_silent
from messaging.receipts.apply import apply_some
from messaging.sending.sender import send_next
from messaging.sending.settle import settle
from providers.interface import Unsure
from tests.factories import ProviderAccountFactory
from tests.simulator import Simulator
from tests.steps import assert_holds_match, assert_sound, claimed, launched, marked, money, settlement, statuses

pytestmark = pytest.mark.django_db
MINUTE, HOUR = 60, 3600


AT_ONCE = {"delay": [0, 0]}  # when a message comes to its end


@pytest.fixture(autouse=True)
def quick(simulator: Simulator) -> None:
    """A provider that knows the end of every message at once."""
    simulator.plan(receipts=AT_ONCE)


def sent(**columns: Any) -> Campaign:
    """A campaign that the simulator has accepted; its receipts never come."""
    campaign = launched(**columns)
    send_next()
    return Campaign.objects.get(pk=campaign.pk)


def happened(campaign: Campaign, *, settled: float, polled: float | None = None) -> None:
    """Let the campaign's batches have been settled, and last been asked after, so many seconds ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_sendbatch SET settled_at = now() - make_interval(secs => %s),"
            " polled_at = now() - make_interval(secs => %s) WHERE campaign_id = %s",
            [settled, polled, campaign.pk],
        )


@pytest.mark.usefixtures("account")
def test_a_receipt_that_was_lost_is_asked_for() -> None:
    campaign = sent(people=3)
    happened(campaign, settled=HOUR)

    assert poll_silent(batches=5) == {"batches": 1, "asked": 3, "answers": 3}

    apply_some(100)
    assert statuses(campaign) == {"delivered": 3}
    assert_sound()


@pytest.mark.usefixtures("account")
def test_a_bad_end_is_found_out_too(simulator: Simulator) -> None:
    simulator.plan(outcomes={"undelivered": 1}, receipts=AT_ONCE)
    campaign = sent(people=2)
    happened(campaign, settled=HOUR)

    poll_silent(batches=5)
    apply_some(100)

    assert statuses(campaign) == {"undelivered": 2}
    assert read(campaign.pk).undelivered_by_class == {"unreachable": 2}
    assert money(campaign) == (998, 0)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(("settled", "is_due"), [(29 * MINUTE, False), (31 * MINUTE, True), (73 * HOUR, False)])
def test_only_what_is_silent_too_long_and_not_for_ever(settled: float, is_due: bool) -> None:
    campaign = sent(people=1)
    happened(campaign, settled=settled)

    assert due(5).exists() == is_due


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("settled", "polled", "is_due"),
    [
        (60 * MINUTE, 29 * MINUTE, False),  # asked after 31 minutes, so the next pause is 31 minutes
        (63 * MINUTE, 32 * MINUTE, True),
        (10 * HOUR, 4 * HOUR, False),
        (10 * HOUR, 6 * HOUR, True),
    ],
)
def test_each_pause_is_twice_the_one_before(settled: float, polled: float, is_due: bool) -> None:
    campaign = sent(people=1)
    happened(campaign, settled=settled, polled=polled)

    assert due(5).exists() == is_due


@pytest.mark.usefixtures("account")
def test_who_is_delivered_is_not_asked_after() -> None:
    campaign = sent(people=3)
    happened(campaign, settled=HOUR)
    CampaignRecipient.objects.filter(campaign=campaign).update(status="delivered")

    assert not due(5).exists()

    CampaignRecipient.objects.filter(campaign=campaign).update(status="sent")  # for the books


@pytest.mark.usefixtures("account")
def test_the_longest_unasked_come_first_and_only_so_many() -> None:
    campaigns = [sent(people=1) for _ in range(4)]
    for campaign, polled in zip(campaigns, [6 * HOUR, None, 7 * HOUR, 5 * HOUR], strict=True):
        happened(campaign, settled=8 * HOUR, polled=polled)

    asked = [batch.campaign_id for batch in due(3)]

    assert asked == [campaigns[1].pk, campaigns[2].pk, campaigns[0].pk]


@pytest.mark.usefixtures("account")
def test_no_batch_keeps_the_others_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "PER_BATCH", 2)
    big, small = sent(people=5), sent(people=1)
    happened(big, settled=2 * HOUR)
    happened(small, settled=HOUR)

    assert poll_silent(batches=5) == {"batches": 2, "asked": 3, "answers": 3}

    apply_some(100)
    assert (statuses(big), statuses(small)) == ({"delivered": 2, "sent": 3}, {"delivered": 1})


@pytest.mark.usefixtures("account")
def test_who_stays_silent_does_not_keep_the_rest_of_his_batch(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "PER_BATCH", 3)
    simulator.plan(outcomes={"sent_only": 1}, receipts=AT_ONCE)
    campaign = sent(people=6)
    asked: set[str | None] = set()
    for _ in range(20):
        happened(campaign, settled=HOUR)
        poll_silent(batches=5)
        apply_some(100)
        receipts = MessageLog.objects.filter(campaign_id=campaign.pk, kind="receipt")
        asked |= set(receipts.values_list("provider_message_id", flat=True))

    assert len(asked) == 6
    assert statuses(campaign) == {"sent": 6}


@pytest.mark.usefixtures("account")
def test_a_batch_that_was_asked_after_is_put_behind() -> None:
    campaign = sent(people=1)
    happened(campaign, settled=HOUR)

    poll_silent(batches=5)

    assert poll_silent(batches=5) == {"batches": 0, "asked": 0, "answers": 0}


@pytest.mark.usefixtures("account")
def test_a_batch_that_another_sweep_took_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = sent(people=1)
    happened(campaign, settled=HOUR)
    stale = list(due(5))
    poll_silent(batches=5)
    monkeypatch.setattr(polling, "due", lambda limit: stale)

    assert poll_silent(batches=5)["batches"] == 0


def test_the_unknown_are_settled_when_their_number_is_known(simulator: Simulator, account: ProviderAccount) -> None:
    elsewhere = sent(people=1)
    number = MessageLog.objects.get(campaign_id=elsewhere.pk, kind="attempt").provider_message_id
    campaign = launched(people=1)
    work = claimed()
    marked(work, account_id=account.pk)
    settle(settlement(work, [Unsure("timeout")], account_id=account.pk))
    MessageLog.objects.filter(campaign_id=elsewhere.pk).update(recipient_id=None, provider_message_id="other")
    MessageLog.objects.filter(campaign_id=campaign.pk).update(provider_message_id=number)
    Campaign.objects.filter(pk=campaign.pk).update(status="completed")
    happened(campaign, settled=HOUR)

    poll_silent(batches=5)
    drop_reference()
    apply_some(100)

    assert statuses(campaign) == {"delivered": 1}
    assert_holds_match(campaign)
    assert money(campaign) == (999, 0)


def drop_reference() -> None:
    """Let the answers carry no reference of ours, so that only the provider's number counts."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE messaging_receipt SET reference = NULL WHERE applied_at IS NULL")


def test_a_provider_that_is_away_is_left_alone_this_time(simulator: Simulator) -> None:
    account = ProviderAccountFactory.create(base_url=simulator.url)
    campaigns = [sent(people=2) for _ in range(3)]
    for campaign in campaigns:
        happened(campaign, settled=HOUR)
    ProviderAccount.objects.filter(pk=account.pk).update(base_url="http://127.0.0.1:9", updated_at="2030-01-01T00:00Z")

    assert poll_silent(batches=5) == {"batches": 1, "asked": 1, "answers": 0}

    account.refresh_from_db()
    assert account.status == "active"
    assert [statuses(campaign) for campaign in campaigns] == [{"sent": 2}] * 3
    assert not due(5).exists()  # all of them come later, so that other accounts have their turn


def test_another_account_is_asked_all_the_same(simulator: Simulator) -> None:
    away = ProviderAccountFactory.create(base_url=simulator.url)
    first = sent(people=1)
    ProviderAccount.objects.filter(pk=away.pk).update(status="stopped")
    ProviderAccountFactory.create(base_url=simulator.url)
    second = sent(people=1)
    ProviderAccount.objects.filter(pk=away.pk).update(base_url="http://127.0.0.1:9", updated_at="2030-01-01T00:00Z")
    happened(first, settled=2 * HOUR)
    happened(second, settled=HOUR)

    assert poll_silent(batches=5) == {"batches": 2, "asked": 2, "answers": 1}


def test_a_provider_that_refuses_our_credentials_is_stopped(simulator: Simulator, account: ProviderAccount) -> None:
    campaign = sent(people=2)
    happened(campaign, settled=HOUR)
    simulator.plan(api_key="another-key")

    assert poll_silent(batches=5) == {"batches": 1, "asked": 1, "answers": 0}

    account.refresh_from_db()
    assert (account.status, account.status_reason) == ("stopped", "The provider refuses our credentials.")
    assert statuses(campaign) == {"sent": 2}


@pytest.mark.usefixtures("account")
def test_a_slow_provider_does_not_keep_the_sweep_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "SLICE_SECONDS", 0.0)
    campaign = sent(people=2)
    happened(campaign, settled=HOUR)

    assert poll_silent(batches=5) == {"batches": 0, "asked": 0, "answers": 0}

    assert due(5).exists()  # its turn is still to come


@pytest.mark.usefixtures("account")
def test_a_batch_whose_account_is_gone_is_passed_over() -> None:
    campaign = sent(people=1)
    happened(campaign, settled=HOUR)
    SendBatch.objects.filter(campaign=campaign).update(account_id=999_999)

    assert poll_silent(batches=5)["asked"] == 0

    assert not due(5).exists()
