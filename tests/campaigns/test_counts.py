"""What came to be, minute by minute: counted where the recipients move, and never taken back."""

from datetime import timedelta

import pytest
from django.db.models import Sum

from campaigns.models import Campaign, CampaignMinute, CampaignProgress, LatencyCount
from campaigns.services.again import retry_failed
from config.audit import SYSTEM
from messaging.models import ProviderAccount
from messaging.sending.settle import settle
from messaging.unknown import give_up_overdue
from providers.interface import Accepted, Outcome, Refused, Unsure
from tests.campaigns.roads import handed_over, recipients
from tests.factories import ProviderAccountFactory
from tests.messaging.words import applied, receipt
from tests.steps import claimed, launched, marked, settlement

pytestmark = pytest.mark.django_db
MIXED: list[Outcome] = [
    Accepted("1"),
    Accepted("2"),
    Refused("invalid_number", "7", retryable=False),
    Unsure("timeout"),
]


@pytest.fixture
def account(db: None) -> ProviderAccount:
    """An account that is never called here, known as the one of `marked`."""
    return ProviderAccountFactory.create(pk=1)


def counted(campaign: Campaign) -> dict[str, int]:
    """The minutes added up; only what there is."""
    names = ("sent", "delivered", "undelivered", "failed", "parts", "credits")
    sums = CampaignMinute.objects.filter(campaign=campaign).aggregate(**{name: Sum(name, default=0) for name in names})
    return {name: number for name, number in sums.items() if number}


def test_a_hand_over_is_counted_in_its_minute() -> None:
    campaign = handed_over(MIXED, message="x" * 161)

    [minute] = CampaignMinute.objects.filter(campaign=campaign)
    assert (minute.sent, minute.failed, minute.parts, minute.credits) == (2, 1, 4, 4)
    assert (minute.minute.second, minute.minute.microsecond) == (0, 0)


def test_batches_of_one_minute_are_added_up() -> None:
    campaign = launched(people=25)
    for _ in range(2):
        work = claimed()
        marked(work)
        settle(settlement(work))

    assert counted(campaign) == {"sent": 25, "parts": 25, "credits": 25}


def test_receipts_are_news_and_take_nothing_back(account: ProviderAccount) -> None:
    campaign = handed_over([Accepted("1"), Accepted("2")])
    first, second = recipients(campaign)
    applied(account, receipt(first, "undelivered"), receipt(second))

    applied(account, receipt(first))

    assert counted(campaign) == {"sent": 2, "delivered": 2, "undelivered": 1, "parts": 2, "credits": 2}


def test_late_proof_counts_as_sent_once(account: ProviderAccount) -> None:
    campaign = handed_over([Unsure("timeout")])
    give_up_overdue(limit=5, deadline_hours=0)
    assert counted(campaign) == {}

    applied(account, receipt(recipients(campaign)[0]))

    assert counted(campaign) == {"sent": 1, "delivered": 1, "parts": 1, "credits": 1}


def test_waiting_skips_and_cancels_are_no_news() -> None:
    campaign = launched(people=3)
    campaign.store.contacts.update(consent="opted_out")

    assert claimed().people == []

    assert counted(campaign) == {}


def test_a_second_run_is_counted_with_its_success() -> None:
    failed = Refused("provider_error", "9", retryable=False)
    campaign = handed_over([failed, failed, Accepted("1")])

    retry_failed(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)
    work = claimed()
    marked(work)
    settle(settlement(work, [Accepted("2"), failed]))

    row = CampaignProgress.objects.get(campaign=campaign)
    assert (row.retried, row.retry_sent) == (2, 1)
    assert counted(campaign) == {"sent": 2, "failed": 3, "parts": 2, "credits": 2}


def test_an_answer_that_moves_nobody_is_an_answer_too() -> None:
    campaign = launched(people=2)
    work = claimed()
    marked(work)
    before = CampaignProgress.objects.get(campaign=campaign).version

    settle(settlement(work, [Refused("provider_error", "429", retryable=True)] * 2))

    row = CampaignProgress.objects.get(campaign=campaign)
    assert row.version == before + 1
    assert row.settled_at
    assert counted(campaign) == {}


def test_the_time_of_a_delivery_is_counted_once(account: ProviderAccount) -> None:
    campaign = handed_over([Accepted("1"), Accepted("2"), Unsure("timeout")])
    rows = list(recipients(campaign))
    recipients(campaign).filter(pk=rows[0].pk).update(sent_at=rows[0].sent_at - timedelta(seconds=60))

    applied(account, receipt(rows[0]), receipt(rows[1], "undelivered"), receipt(rows[2]))
    applied(account, receipt(rows[0], dedupe="again"))

    assert list(LatencyCount.objects.filter(campaign=campaign).values_list("bucket", "count")) == [(18, 1)]
