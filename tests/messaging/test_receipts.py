"""Receipts: whatever comes, however often, in whatever order, the end is the same and is billed once."""

from itertools import count, permutations
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import CreditReservation, LedgerEntry
from campaigns.models import Campaign, CampaignProgress, CampaignRecipient, SendBatch
from campaigns.progress import read
from campaigns.services.finish import finish
from config.opaque import references
from messaging.models import MessageLog, ProviderAccount
from messaging.models import Receipt as Row
from messaging.receipts.apply import apply_some, drain
from messaging.receipts.inbox import store as stored
from messaging.sending.lost_calls import give_up_calls
from messaging.sending.settle import settle
from messaging.unknown import give_up_overdue
from providers.interface import Accepted, Outcome, Receipt, Refused, Unsure
from tests.factories import ProviderAccountFactory
from tests.steps import (
    assert_holds_match,
    batch_states,
    claimed,
    launched,
    marked,
    money,
    settlement,
    statuses,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]
LATER = Refused("provider_error", "busy", retryable=True)
WORDS: dict[str, Any] = {
    "queued": {},
    "sent": {},
    "buffered": {},
    "undelivered": {"error_class": "unreachable", "error_code": "27"},
    "delivered": {},
}
numbers = count()


@pytest.fixture
def account(db: None) -> ProviderAccount:
    """An account that is never called here."""
    return ProviderAccountFactory.create()


def sent(account: ProviderAccount, outcomes: list[Outcome]) -> Campaign:
    """A campaign of one batch that came to this over the account."""
    campaign = launched(people=len(outcomes))
    work = claimed()
    marked(work, account_id=account.pk)
    settle(settlement(work, outcomes, account_id=account.pk))
    finish(campaign.pk)
    return campaign


def accepted(account: ProviderAccount, people: int = 1) -> Campaign:
    return sent(account, [Accepted(f"m-{next(numbers)}") for _ in range(people)])


def receipt(recipient: CampaignRecipient, status: str = "delivered", **columns: Any) -> Receipt:
    """A word about a recipient by our reference; `dedupe` is new each time unless it is given."""
    [reference] = references([recipient.pk], attempt=1)
    given = {"dedupe": f"d-{next(numbers)}", "reference": reference, "provider_message_id": None, **columns}
    return Receipt(status=status, raw_status=status.upper(), **given)  # type: ignore[arg-type]


def recipient(status: str | None = None) -> CampaignRecipient:
    rows = CampaignRecipient.objects.filter(status=status) if status else CampaignRecipient.objects.all()
    return rows.order_by("pk")[0]


def applied(account: ProviderAccount, *receipts: Receipt) -> dict[str, int]:
    stored(account, receipts)
    return drain()


def by_provider_id(found: CampaignRecipient, status: str = "delivered", **columns: Any) -> Receipt:
    line = MessageLog.objects.get(recipient_id=found.pk, kind="attempt")
    return receipt(found, status, reference=None, provider_message_id=line.provider_message_id, **columns)


@pytest.mark.parametrize("name", [receipt, by_provider_id])
def test_delivered_is_the_end(account: ProviderAccount, name: Any) -> None:
    campaign = accepted(account)

    assert applied(account, name(recipient())) == {"applied": 1}

    row = recipient()
    assert (row.status, row.rank, row.charged) == ("delivered", 9, 1)
    assert row.final_at
    assert statuses(campaign) == {"delivered": 1}
    assert Row.objects.get().outcome == "applied"


def test_undelivered_says_why_and_stays_billed(account: ProviderAccount) -> None:
    campaign = accepted(account)

    applied(account, receipt(recipient(), "undelivered", error_class="blocked_by_carrier", error_code="33"))

    row = recipient()
    assert (row.status, row.reason, row.error_code, row.charged) == ("undelivered", "blocked_by_carrier", "33", 1)
    assert read(campaign.pk).undelivered_by_class == {"blocked_by_carrier": 1}
    assert money(campaign) == (999, 0)


def test_a_repeated_delivery_is_stored_and_applied_once(account: ProviderAccount) -> None:
    accepted(account)
    one = receipt(recipient())

    applied(account, one, one)
    assert applied(account, one) == {}

    assert Row.objects.count() == 1
    assert MessageLog.objects.filter(kind="receipt").count() == 1


def test_in_any_order_the_end_is_the_same(account: ProviderAccount) -> None:
    orders = list(permutations(WORDS))[::7]
    campaign = accepted(account, people=len(orders))

    rows = list(CampaignRecipient.objects.order_by("pk"))
    for row, order in zip(rows, orders, strict=True):
        for word in order:
            applied(account, receipt(row, word, **WORDS[word]))

    ends = set(CampaignRecipient.objects.values_list("status", "rank", "reason", "error_code", "charged"))
    assert ends == {("delivered", 9, "", "", 1)}
    assert statuses(campaign) == {"delivered": len(orders)}
    assert read(campaign.pk).undelivered_by_class == {}


def test_in_one_drain_or_in_many_the_end_is_the_same(account: ProviderAccount) -> None:
    campaign = accepted(account, people=2)
    first, second = CampaignRecipient.objects.order_by("pk")
    words = ["undelivered", "sent", "delivered", "queued"]

    applied(account, *[receipt(first, word, **WORDS[word]) for word in words])
    for word in words:
        applied(account, receipt(second, word, **WORDS[word]))

    assert CampaignRecipient.objects.values_list("status", "rank", "reason").distinct().count() == 1
    assert statuses(campaign) == {"delivered": 2}


def test_a_late_failure_does_not_undo_a_delivery(account: ProviderAccount) -> None:
    campaign = accepted(account)
    applied(account, receipt(recipient()))

    assert applied(account, receipt(recipient(), "undelivered", **WORDS["undelivered"])) == {"stale": 1}

    assert statuses(campaign) == {"delivered": 1}


def test_a_word_that_nobody_knows_moves_nothing_and_is_kept(account: ProviderAccount) -> None:
    campaign = accepted(account)

    assert applied(account, receipt(recipient(), "unknown")) == {"unknown_word": 1}

    assert statuses(campaign) == {"sent": 1}
    assert Row.objects.get().raw_status == "UNKNOWN"


def test_any_receipt_settles_an_unknown_and_bills_him_once(account: ProviderAccount) -> None:
    campaign = sent(account, [Unsure("timeout"), Unsure("timeout")])
    assert money(campaign) == (1000, 2)

    assert applied(account, receipt(recipient(), "undelivered", **WORDS["undelivered"])) == {"settled": 1}
    assert (statuses(campaign), money(campaign)) == ({"undelivered": 1, "unknown": 1}, (999, 1))
    assert batch_states(campaign) == ["ambiguous"]

    applied(account, receipt(recipient(), "delivered"), receipt(recipient("unknown"), "sent"))
    assert (statuses(campaign), money(campaign)) == ({"delivered": 1, "sent": 1}, (998, 0))
    assert batch_states(campaign) == ["done"]
    assert_holds_match(campaign)


def test_several_words_about_an_unknown_in_one_drain_bill_once(account: ProviderAccount) -> None:
    campaign = sent(account, [Unsure("timeout")])

    applied(account, receipt(recipient(), "sent"), receipt(recipient(), "delivered"), receipt(recipient(), "queued"))

    assert (statuses(campaign), money(campaign)) == ({"delivered": 1}, (999, 0))
    assert recipient().charged == 1
    assert LedgerEntry.objects.filter(key=f"late:{recipient().pk}").count() == 1


def test_a_receipt_after_the_credits_went_back_still_bills(account: ProviderAccount) -> None:
    campaign = sent(account, [Unsure("timeout")])
    give_up_overdue(limit=9, deadline_hours=0)
    assert (statuses(campaign), money(campaign)) == ({"unconfirmed": 1}, (1000, 0))

    assert applied(account, receipt(recipient())) == {"captured": 1}

    assert (statuses(campaign), money(campaign)) == ({"delivered": 1}, (999, 0))
    assert CreditReservation.objects.get().state == "closed"


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


def test_the_evidence_is_a_line_for_each(account: ProviderAccount) -> None:
    accepted(account)

    applied(account, receipt(recipient(), "undelivered", parts=2, **WORDS["undelivered"]))

    line = MessageLog.objects.get(kind="receipt")
    assert (line.outcome, line.raw_status, line.error_class, line.error_code, line.parts) == (
        "undelivered",
        "UNDELIVERED",
        "unreachable",
        "27",
        2,
    )
    assert (line.recipient_id, line.account_id) == (recipient().pk, account.pk)


def test_a_thousand_cost_no_more_statements_than_ten(account: ProviderAccount) -> None:
    campaign = accepted(account, people=1)
    [first] = CampaignRecipient.objects.all()
    crowd = [row for _ in range(20) for row in copies(first, 50)]
    counts = []
    for rows in (crowd[:10], crowd[10:]):
        stored(account, [receipt(row) for row in rows])
        with CaptureQueriesContext(connection) as queries:
            assert apply_some(1000) == {"applied": len(rows)}
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert statuses(campaign) == {"sent": 1, "delivered": 1000}


def copies(row: CampaignRecipient, number: int) -> list[CampaignRecipient]:
    """More accepted recipients of the same batch, and everything that follows from them."""
    columns = {
        "store_id": row.store_id,
        "campaign_id": row.campaign_id,
        "batch_id": row.batch_id,
        "status": "sent",
        "parts": 0,
        "credits": 0,
    }
    progress = CampaignProgress.objects.get(pk=row.campaign_id)
    CampaignProgress.objects.filter(pk=row.campaign_id).update(
        audience=progress.audience + number, sent=progress.sent + number
    )
    return CampaignRecipient.objects.bulk_create(CampaignRecipient(**columns) for _ in range(number))


def test_what_cannot_be_stored_is_left_out_of_what_is(account: ProviderAccount) -> None:
    accepted(account)
    odd = receipt(recipient(), error_code="x\0y" * 40)._replace(raw_status="A\0" * 99, dedupe="d\0" * 200)

    assert applied(account, odd) == {"applied": 1}

    assert Row.objects.get().dedupe == "d" * 120
