"""Accounts whose receipts are late let others go first."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import CampaignRecipient, SendBatch
from messaging.models import AccountHealth, ProviderAccount
from messaging.routes.slow import Late, late, move_from_slow
from tests.factories import ProviderAccountFactory
from tests.steps import launched

pytestmark = pytest.mark.django_db


def taken(account: ProviderAccount, *, people: int, delivered: int, minutes: int = 15) -> None:
    """Messages that an account took so many minutes ago, some of which it delivered."""
    campaign = launched(people=people)
    batches = SendBatch.objects.filter(campaign=campaign)
    ids = list(CampaignRecipient.objects.filter(campaign=campaign).order_by("pk").values_list("pk", flat=True))
    CampaignRecipient.objects.filter(pk__in=ids).update(status="sent", attempt=1)
    CampaignRecipient.objects.filter(pk__in=ids[:delivered]).update(status="delivered")
    for state in ("claimed", "calling", "done"):
        batches.update(state=state)
    batches.update(account_id=account.pk, settled_at=timezone.now() - timedelta(minutes=minutes))


@pytest.fixture
def account() -> ProviderAccount:
    return ProviderAccountFactory.create()


def test_most_receipts_missing_moves_it_with_the_reason(account: ProviderAccount) -> None:
    taken(account, people=120, delivered=10)

    counts = move_from_slow()

    health = AccountHealth.objects.get(pk=account.pk)
    assert counts == {"looked": 1, "moved": 1}
    assert health.reason == "receipts are late: 110 of 120 messages have none after 10 minutes"
    assert health.away_seconds == 1200


def test_twice_is_one_move(account: ProviderAccount) -> None:
    taken(account, people=120, delivered=0)

    assert [move_from_slow()["moved"], move_from_slow()["moved"]] == [1, 0]


@pytest.mark.parametrize(
    ("people", "delivered", "minutes"),
    [(120, 60, 15), (60, 0, 15), (120, 0, 5), (120, 0, 45)],
    ids=["half came", "too few", "too early", "too old"],
)
def test_what_proves_nothing_moves_nothing(account: ProviderAccount, people: int, delivered: int, minutes: int) -> None:
    taken(account, people=people, delivered=delivered, minutes=minutes)

    assert move_from_slow()["moved"] == 0


def test_an_account_that_gives_no_receipts_is_not_waited_for() -> None:
    taken(ProviderAccountFactory.create(on_ambiguous="never"), people=120, delivered=0)

    assert late() == []


def test_each_account_is_looked_at_by_itself(account: ProviderAccount) -> None:
    other = ProviderAccountFactory.create()
    taken(account, people=110, delivered=110)
    taken(other, people=120, delivered=1)

    assert late() == [Late(account.pk, 110, 0), Late(other.pk, 120, 119)]
