"""The calling mark: each of its guards, alone, keeps a batch from being called."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import SendBatch
from campaigns.queries.claim import mark_calling
from campaigns.services.moves import cancel, pause
from config.audit import SYSTEM
from messaging.sending.claim import Work
from tests.steps import claimed, launched

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]


@pytest.fixture
def work(db: None) -> Work:
    """A claimed batch that may be marked."""
    launched(people=2)
    return claimed()


def mark(work: Work, *, fence: int | None = None) -> int | None:
    return mark_calling(batch_id=work.batch.batch_id, fence=fence or work.batch.fence, account_id=5)


def unmarked() -> bool:
    batch = SendBatch.objects.get()
    return (batch.state, batch.attempt, batch.spent, batch.called_at) == ("claimed", 0, 0, None)


def test_it_counts_the_attempt_and_says_when_and_over_which_account(work: Work) -> None:
    assert mark(work) == 1

    batch = SendBatch.objects.get()
    assert (batch.state, batch.attempt, batch.spent, batch.account_id) == ("calling", 1, 1, 5)
    assert batch.called_at
    assert timezone.now() - batch.called_at < timedelta(seconds=5)


def test_it_needs_the_fence(work: Work) -> None:
    assert mark(work, fence=work.batch.fence + 1) is None
    assert unmarked()


def test_it_needs_the_lease(work: Work) -> None:
    SendBatch.objects.update(lease_until=timezone.now() - timedelta(milliseconds=1))

    assert mark(work) is None
    assert unmarked()


@pytest.mark.parametrize("stop", [pause, cancel])
def test_it_needs_a_campaign_that_is_sending(work: Work, stop: object) -> None:
    campaign = SendBatch.objects.get().campaign
    stop(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)  # type: ignore[operator]

    assert mark(work) is None
    assert unmarked()


def test_it_is_given_once(work: Work) -> None:
    assert [mark(work), mark(work)] == [1, None]
    assert SendBatch.objects.get().attempt == 1


@pytest.mark.parametrize("state", ["ready", "done", "dead"])
def test_it_needs_a_claim(work: Work, state: str) -> None:
    SendBatch.objects.update(state=state)

    assert mark(work) is None
    assert SendBatch.objects.get().state == state
