"""Whose receipt it is: faster than the reply, unknown for now, about a refusal, from another account."""

from typing import Any

import pytest

from campaigns.models import SendBatch
from messaging.models import ProviderAccount
from messaging.models import Receipt as Row
from messaging.receipts.apply import drain
from messaging.receipts.inbox import store as stored
from messaging.sending.lost_calls import give_up_calls
from messaging.sending.settle import settle
from providers.interface import Accepted, Outcome, Receipt, Refused, Unsure
from tests.factories import ProviderAccountFactory
from tests.messaging.words import accepted, applied, by_provider_id, numbers, receipt, recipient, sent
from tests.steps import claimed, launched, marked, money, settlement, statuses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]
LATER = Refused("provider_error", "busy", retryable=True)


@pytest.fixture
def account(db: None) -> ProviderAccount:
    """An account that is never called here."""
    return ProviderAccountFactory.create()


def test_a_receipt_that_is_faster_than_the_reply_waits_for_it(account: ProviderAccount) -> None:
    campaign = launched(people=1)
    work = claimed()
    marked(work, account_id=account.pk)

    assert applied(account, receipt(recipient())) == {"early": 1}
    assert statuses(campaign) == {"pending": 1}

    settle(settlement(work, account_id=account.pk))
    Row.objects.update(next_try_at="2020-01-01T00:00:00Z")
    assert drain() == {"applied": 1}
    assert (statuses(campaign), money(campaign)) == ({"delivered": 1}, (999, 0))


def test_a_fast_receipt_settles_a_call_that_never_came_back(account: ProviderAccount) -> None:
    campaign = launched(people=1)
    marked(claimed(), account_id=account.pk)
    applied(account, receipt(recipient()))
    SendBatch.objects.update(called_at="2020-01-01T00:00:00Z")
    give_up_calls(limit=9)

    Row.objects.update(next_try_at="2020-01-01T00:00:00Z")

    assert drain() == {"settled": 1}
    assert statuses(campaign) == {"delivered": 1}


def test_one_about_an_id_that_is_not_known_yet_is_matched_later(account: ProviderAccount) -> None:
    campaign = launched(people=1)
    work = claimed()
    marked(work, account_id=account.pk)
    early = receipt(recipient(), reference=None, provider_message_id="m-early")
    assert applied(account, early) == {"unmatched": 1}
    row = Row.objects.get()
    assert (row.applied_at, row.tries, row.outcome) == (None, 1, "unmatched")
    assert row.next_try_at > row.received_at

    settle(settlement(work, [Accepted("m-early")], account_id=account.pk))
    assert drain() == {}
    Row.objects.update(next_try_at="2020-01-01T00:00:00Z")

    assert drain() == {"applied": 1}
    assert statuses(campaign) == {"delivered": 1}


def test_one_that_nobody_ever_knows_is_asked_after_ever_more_seldom_and_then_kept(account: ProviderAccount) -> None:
    stored(account, [receipt_of_nobody()])
    pauses = []
    for _ in range(4):
        drain()
        row = Row.objects.get()
        pauses.append(row.tries)
        Row.objects.update(next_try_at="2020-01-01T00:00:00Z")
    assert pauses == [1, 2, 3, 4]

    Row.objects.update(received_at="2020-01-01T00:00:00Z")
    drain()

    row = Row.objects.get()
    assert (row.outcome, drain()) == ("unmatched", {})
    assert row.applied_at


def receipt_of_nobody() -> Receipt:
    return Receipt(f"d-{next(numbers)}", "ab" * 16, "nobody", "delivered", "Delivered")


@pytest.mark.parametrize("reference", ["", "zz", "00" * 16, "1" * 40])
def test_a_reference_that_is_not_ours_is_looked_up_by_id(account: ProviderAccount, reference: str) -> None:
    campaign = accepted(account)
    found = by_provider_id(recipient())

    assert applied(account, found._replace(reference=reference)) == {"applied": 1}
    assert statuses(campaign) == {"delivered": 1}


def test_a_receipt_about_a_refusal_is_an_anomaly_and_moves_no_money(account: ProviderAccount) -> None:
    campaign = sent(account, [Refused("invalid_number", "7", retryable=False)])

    assert applied(account, receipt(recipient())) == {"anomaly": 1}

    assert (statuses(campaign), money(campaign)) == ({"failed": 1}, (1000, 0))
    assert Row.objects.get().applied_at


def test_a_receipt_about_somebody_who_waits_for_a_retry_is_an_anomaly(account: ProviderAccount) -> None:
    campaign = sent(account, [LATER])

    assert applied(account, receipt(recipient())) == {"anomaly": 1}

    assert statuses(campaign) == {"pending": 1}


@pytest.mark.parametrize("outcome", [Accepted("m-1"), Unsure("timeout")])
@pytest.mark.parametrize("name", ["reference", "id"])
def test_another_account_settles_nothing(account: ProviderAccount, outcome: Outcome, name: str) -> None:
    campaign = sent(account, [outcome])
    before = statuses(campaign), money(campaign)
    stranger = ProviderAccountFactory.create()

    word = receipt(recipient()) if name == "reference" else by_provider_id(recipient())._replace(dedupe="x")

    assert applied(stranger, word) == {"unmatched": 1}
    assert (statuses(campaign), money(campaign)) == before


@pytest.mark.parametrize("name", [receipt, by_provider_id])
def test_an_account_of_an_earlier_attempt_still_speaks_for_it(account: ProviderAccount, name: Any) -> None:
    campaign = sent(account, [Accepted("m-1"), LATER])
    SendBatch.objects.update(ready_at="2020-01-01T00:00:00Z")
    other = ProviderAccountFactory.create()
    work = claimed()
    marked(work, account_id=other.pk)
    settle(settlement(work, [Accepted("m-2")], account_id=other.pk))

    assert applied(account, name(recipient())) == {"applied": 1}

    assert statuses(campaign) == {"delivered": 1, "sent": 1}
