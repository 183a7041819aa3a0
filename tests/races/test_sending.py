"""Many workers on few batches: each batch is called by one, settled once, and the campaign ends once."""

import pytest

from audiences.models import Store
from campaigns.models import Campaign, CampaignEvent, CampaignRecipient, SendBatch
from campaigns.queries.claim import expire_leases, mark_calling
from campaigns.services.finish import finish
from campaigns.services.moves import pause
from config.audit import SYSTEM
from config.opaque import references
from messaging.models import ProviderAccount, Receipt
from messaging.receipts.apply import drain
from messaging.receipts.inbox import store as stored
from messaging.sending.claim import Work, claim
from messaging.sending.lost_calls import give_up_calls
from messaging.sending.settle import Settlement, settle
from providers.interface import Receipt as Word
from providers.interface import Unsure
from tests.factories import ProviderAccountFactory
from tests.races import at_once
from tests.steps import assert_holds_match, batch_states, claimed, launched, marked, money, settlement, statuses

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
THREADS = 12
LONG_AGO = "2020-01-01T00:00:00Z"


def words(recipients: list[CampaignRecipient], status: str = "delivered") -> list[Word]:
    """A receipt for each, by our reference."""
    marks = references([row.pk for row in recipients], attempt=1)
    return [Word(f"{status}-{mark}", mark, None, status, status) for mark in marks]  # type: ignore[arg-type]


@pytest.fixture
def account(transactional_db: None) -> ProviderAccount:
    """An account that is never called here."""
    return ProviderAccountFactory.create()


def called(account: ProviderAccount, people: int) -> tuple[Campaign, Settlement]:
    """A campaign whose one batch is at the provider."""
    campaign = launched(people=people)
    work = claimed()
    marked(work, account_id=account.pk)
    return campaign, settlement(work, account_id=account.pk)


def test_each_batch_is_claimed_by_one() -> None:
    launched(people=100)

    results = at_once(THREADS, lambda _: claim("worker"))

    batches = [work.batch.batch_id for work in results if isinstance(work, Work)]
    assert len(set(batches)) == len(batches) == 5
    assert results.count(None) == 7
    recipients = [person.recipient_id for work in results if isinstance(work, Work) for person in work.people]
    assert len(set(recipients)) == len(recipients) == 100


def test_one_mark_of_many_wins() -> None:
    launched(people=3)
    batch = claimed().batch

    marks = at_once(THREADS, lambda _: mark_calling(batch_id=batch.batch_id, fence=batch.fence, account_id=1))

    assert sorted(marks, key=str) == [1, *[None] * 11]
    assert SendBatch.objects.get().attempt == 1


def test_a_lease_that_ends_beside_the_mark_gives_the_batch_to_one() -> None:
    launched(people=3)
    work = claimed()
    SendBatch.objects.update(lease_until=LONG_AGO)

    def act(index: int) -> object:
        if index % 2:
            return expire_leases(9)
        return mark_calling(batch_id=work.batch.batch_id, fence=work.batch.fence, account_id=1)

    results = at_once(THREADS, act)

    assert sum(result == 1 for result in results) == 1
    assert SendBatch.objects.get().state == "ready"


def test_after_a_pause_nothing_is_marked(store: Store) -> None:
    campaign = launched(store=store, people=220)
    works = [claimed() for _ in range(THREADS - 1)]

    def act(index: int) -> int | None:
        if index == THREADS - 1:
            pause(store_id=store.pk, campaign_id=campaign.pk, actor=SYSTEM)
            return None
        batch = works[index].batch
        return mark_calling(batch_id=batch.batch_id, fence=batch.fence, account_id=1)

    marks = at_once(THREADS, act)

    assert Campaign.objects.get(pk=campaign.pk).status == "paused"
    assert batch_states(campaign).count("calling") == marks.count(1)
    assert mark_calling(batch_id=works[0].batch.batch_id, fence=works[0].batch.fence, account_id=1) is None


def test_one_settle_of_many_counts_and_bills() -> None:
    campaign = launched(people=20)
    work = claimed()
    marked(work)

    results = at_once(THREADS, lambda _: settle(settlement(work)))

    assert results.count({}) == 11
    assert (statuses(campaign), money(campaign)) == ({"sent": 20}, (980, 0))


def test_the_last_of_many_workers_ends_the_campaign_once() -> None:
    campaign = launched(people=240)
    works = [claimed() for _ in range(THREADS)]
    for work in works:
        marked(work)

    def end(index: int) -> bool:
        settle(settlement(works[index]))
        return finish(campaign.pk)

    results = at_once(THREADS, end)

    assert (results.count(True), results.count(False)) == (1, 11)
    assert CampaignEvent.objects.filter(event="complete").count() == 1
    assert (statuses(campaign), money(campaign)) == ({"sent": 240}, (760, 0))
    assert_holds_match(campaign)


def test_a_late_word_beside_the_sweep_that_gives_the_call_up(account: ProviderAccount) -> None:
    campaign, settled = called(account, 20)
    SendBatch.objects.update(called_at=LONG_AGO)

    def act(index: int) -> object:
        return settle(settled) if index % 2 else give_up_calls(limit=9)

    results = at_once(THREADS, act)

    assert not [result for result in results if isinstance(result, Exception)]
    assert (statuses(campaign), money(campaign)) == ({"sent": 20}, (980, 0))
    assert batch_states(campaign) == ["done"]


def test_receipts_beside_the_reply_of_their_call(account: ProviderAccount) -> None:
    campaign, settled = called(account, 20)
    stored(account, words(list(CampaignRecipient.objects.all())))

    results = at_once(THREADS, lambda index: settle(settled) if index == 0 else drain())
    Receipt.objects.filter(applied_at=None).update(next_try_at=LONG_AGO)
    drain()

    assert not [result for result in results if isinstance(result, Exception)]
    assert (statuses(campaign), money(campaign)) == ({"delivered": 20}, (980, 0))


def test_receipts_beside_the_late_reply_of_a_call_that_was_given_up(account: ProviderAccount) -> None:
    campaign, settled = called(account, 20)
    SendBatch.objects.update(called_at=LONG_AGO)
    give_up_calls(limit=9)
    finish(campaign.pk)
    stored(account, words(list(CampaignRecipient.objects.all())))

    def act(index: int) -> object:
        return (settle(settled), finish(campaign.pk)) if index % 2 else drain()

    results = at_once(THREADS, act)

    assert not [result for result in results if isinstance(result, Exception)]
    assert (statuses(campaign), money(campaign)) == ({"delivered": 20}, (980, 0))
    assert_holds_match(campaign)


def test_many_drains_of_late_evidence_about_many_campaigns_of_one_store(account: ProviderAccount, store: Store) -> None:
    campaigns = [launched(store=store, people=10 if n == 0 else 0) for n in range(6)]
    for _ in campaigns:
        work = claimed()
        marked(work, account_id=account.pk)
        settle(settlement(work, [Unsure("timeout")] * 10, account_id=account.pk))
    for campaign in campaigns:
        finish(campaign.pk)
    rows = list(CampaignRecipient.objects.order_by("contact_id", "-pk"))
    stored(account, words(rows) + words(rows[::-1], "sent"))

    results = at_once(THREADS, lambda _: drain())

    assert not [result for result in results if isinstance(result, Exception)]
    assert set(CampaignRecipient.objects.values_list("status", "charged")) == {("delivered", 1)}
    assert money(campaigns[0]) == (6000 - 60, 0)
