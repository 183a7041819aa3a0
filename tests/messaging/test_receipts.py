"""Receipts: whatever comes, however often, in whatever order, the end is the same and is billed once."""

from itertools import permutations
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import CreditReservation, LedgerEntry
from campaigns.models import CampaignMinute, CampaignProgress, CampaignRecipient
from campaigns.progress import read
from messaging.models import MessageLog, ProviderAccount
from messaging.models import Receipt as Row
from messaging.receipts.apply import apply_some
from messaging.receipts.inbox import store as stored
from messaging.unknown import give_up_overdue
from providers.interface import Refused, Unsure
from tests.factories import ProviderAccountFactory
from tests.messaging.words import accepted, applied, by_provider_id, receipt, recipient, sent
from tests.steps import (
    assert_holds_match,
    batch_states,
    money,
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


@pytest.fixture
def account(db: None) -> ProviderAccount:
    """An account that is never called here."""
    return ProviderAccountFactory.create()


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
    CampaignMinute.objects.filter(campaign_id=row.campaign_id).update(sent=progress.sent + number)
    return CampaignRecipient.objects.bulk_create(CampaignRecipient(**columns) for _ in range(number))


def test_what_cannot_be_stored_is_left_out_of_what_is(account: ProviderAccount) -> None:
    accepted(account)
    odd = receipt(recipient(), error_code="x\0y" * 40)._replace(raw_status="A\0" * 99, dedupe="d\0" * 200)

    assert applied(account, odd) == {"applied": 1}

    assert Row.objects.get().dedupe == "d" * 120
