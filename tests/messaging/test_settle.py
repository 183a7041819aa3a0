"""Settle: every mix of outcomes, once, late or not; and money last."""

from collections.abc import Sequence

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audiences.services.contacts import delete_contact
from billing.models import LedgerEntry
from campaigns.models import Campaign, CampaignRecipient, SendBatch
from campaigns.services.finish import finish
from config.audit import SYSTEM
from messaging.models import MessageLog
from messaging.sending.lost_calls import give_up_calls
from messaging.sending.settle import settle
from providers.interface import Accepted, Outcome, Refused, Unsure
from tests.steps import (
    assert_holds_match,
    batch_states,
    claimed,
    due_now,
    launched,
    marked,
    money,
    settlement,
    statuses,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]
YES = Accepted("m-1", 1)
NO = Refused("invalid_number", "7", retryable=False)
LATER = Refused("provider_error", "busy", retryable=True)
UNSURE = Unsure("timeout")


def handed_over(outcomes: Sequence[Outcome], **changes: object) -> tuple[Campaign, dict[str, int]]:
    """A campaign of one batch that came to these outcomes."""
    campaign = launched(people=len(outcomes))
    return campaign, once_more(outcomes, **changes)


def once_more(outcomes: Sequence[Outcome], **changes: object) -> dict[str, int]:
    work = claimed()
    marked(work)
    return settle(settlement(work, outcomes, **changes))


def batch() -> SendBatch:
    return SendBatch.objects.get()


@pytest.mark.parametrize(
    ("outcomes", "after", "state", "billed"),
    [
        ([YES, YES], {"sent": 2}, "done", 2),
        ([YES, NO], {"sent": 1, "failed": 1}, "done", 1),
        ([NO, NO], {"failed": 2}, "done", 0),
        ([YES, LATER], {"sent": 1, "pending": 1}, "ready", 1),
        ([UNSURE, UNSURE], {"unknown": 2}, "ambiguous", 0),
        ([YES, UNSURE], {"sent": 1, "unknown": 1}, "ambiguous", 1),
        ([YES, NO, LATER, UNSURE], {"sent": 1, "failed": 1, "pending": 1, "unknown": 1}, "ready", 1),
    ],
)
def test_each_recipient_becomes_what_was_said_of_him(
    outcomes: list[Outcome], after: dict[str, int], state: str, billed: int
) -> None:
    campaign, _ = handed_over(outcomes)

    assert (statuses(campaign), batch_states(campaign)) == (after, [state])
    assert money(campaign) == (1000 - billed, len(outcomes) - billed)


def test_it_counts_what_it_did() -> None:
    _, counts = handed_over([YES, NO, LATER, UNSURE])

    assert counts == {"accepted": 1, "refused": 1, "unsure": 1, "again": 1}


def test_the_evidence_is_a_line_for_each() -> None:
    handed_over([YES, NO, UNSURE])

    lines = MessageLog.objects.order_by("recipient_id").values_list(
        "kind", "outcome", "provider_message_id", "parts", "error_class", "error_code", "attempt"
    )
    assert list(lines) == [
        ("attempt", "accepted", "m-1", 1, "", "", 1),
        ("attempt", "refused", None, None, "invalid_number", "7", 1),
        ("attempt", "unsure", None, None, "", "timeout", 1),
    ]
    assert set(MessageLog.objects.values_list("account_id", flat=True)) == {1}
    assert all(text.startswith("Hello Name") for text in MessageLog.objects.values_list("text", flat=True))


@pytest.mark.parametrize("outcome", [YES, NO, LATER, UNSURE])
def test_the_words_to_who_was_erased_during_the_call_are_not_written_down(outcome: Outcome) -> None:
    campaign = launched(people=2)
    work = claimed()
    marked(work)
    gone, other = CampaignRecipient.objects.filter(campaign=campaign).order_by("pk")
    assert gone.contact_id
    delete_contact(store=campaign.store, contact_id=gone.contact_id, actor=SYSTEM)

    settle(settlement(work, [outcome, YES]))

    texts = dict(MessageLog.objects.filter(kind="attempt").values_list("recipient_id", "text"))
    assert texts[gone.pk] == ""
    assert texts[other.pk].startswith("Hello Name")


def test_a_refusal_keeps_class_and_word() -> None:
    handed_over([NO])

    row = CampaignRecipient.objects.get()
    assert (row.status, row.reason, row.error_code, row.charged) == ("failed", "invalid_number", "7", 0)
    assert row.final_at
    assert row.sent_at is None


def test_repeating_it_changes_nothing() -> None:
    campaign = launched(people=3)
    work = claimed()
    marked(work)
    settled = settlement(work, [YES, NO, UNSURE])
    settle(settled)
    before = (list(CampaignRecipient.objects.order_by("pk").values()), SendBatch.objects.values().get())

    assert settle(settled) != {}  # ambiguous: welcome late, but there is nothing new in it
    assert (statuses(campaign), money(campaign)) == ({"sent": 1, "failed": 1, "unknown": 1}, (999, 2))
    assert list(CampaignRecipient.objects.order_by("pk").values()) == before[0]
    assert LedgerEntry.objects.filter(kind="charge").count() == 1


def test_repeating_it_after_it_is_done_does_nothing_at_all() -> None:
    launched(people=2)
    work = claimed()
    marked(work)
    settle(settlement(work))

    assert settle(settlement(work)) == {}
    assert MessageLog.objects.count() == 2


def test_an_old_fence_settles_nothing() -> None:
    campaign = launched(people=1)
    work = claimed()
    marked(work)

    assert settle(settlement(work, fence=work.batch.fence - 1)) == {}
    assert (statuses(campaign), money(campaign)) == ({"pending": 1}, (1000, 1))


def test_the_late_word_of_a_lost_call_still_counts() -> None:
    campaign = launched(people=4)
    work = claimed()
    marked(work)
    give_up(campaign)
    assert statuses(campaign) == {"unknown": 4}

    settle(settlement(work, [YES, NO, UNSURE, LATER]))

    assert statuses(campaign) == {"sent": 1, "failed": 1, "unknown": 1, "pending": 1}
    assert batch_states(campaign) == ["ready"]
    assert money(campaign) == (999, 3)


def give_up(campaign: Campaign) -> None:
    SendBatch.objects.filter(campaign=campaign).update(called_at="2020-01-01T00:00:00Z")
    assert give_up_calls(limit=9)["calls"] == 1


def test_after_the_campaign_has_ended_nobody_is_pending_again() -> None:
    campaign = launched(people=2)
    work = claimed()
    marked(work)
    give_up(campaign)
    finish(campaign.pk)
    assert Campaign.objects.get(pk=campaign.pk).status == "completed"

    settle(settlement(work, [YES, LATER]))
    finish(campaign.pk)

    assert (statuses(campaign), batch_states(campaign)) == ({"sent": 1, "failed": 1}, ["dead"])
    assert_holds_match(campaign)
    assert money(campaign) == (999, 0)


@pytest.mark.parametrize(("spent", "state", "after"), [(4, "ready", {"pending": 1}), (5, "dead", {"failed": 1})])
def test_the_retry_budget_ends(spent: int, state: str, after: dict[str, int]) -> None:
    campaign = launched(people=1)
    SendBatch.objects.update(spent=spent)

    once_more([LATER])

    assert (batch_states(campaign), statuses(campaign)) == ([state], after)
    if state == "dead":
        assert batch().error_class == CampaignRecipient.objects.get().reason == "provider_error"


def test_what_was_not_sent_costs_no_try() -> None:
    campaign = launched(people=1)
    SendBatch.objects.update(spent=5)

    once_more([LATER], not_sent=True)

    assert (batch_states(campaign), batch().spent, batch().attempt) == (["ready"], 5, 1)
    assert statuses(campaign) == {"pending": 1}


def test_it_waits_longer_after_each_try() -> None:
    launched(people=1)
    waits = []
    for _ in range(5):
        once_more([LATER])
        row = batch()
        assert row.settled_at
        waits.append((row.ready_at - row.settled_at).total_seconds())
        SendBatch.objects.update(ready_at="2020-01-01T00:00:00Z")

    for wait, doubled in zip(waits, [3, 6, 12, 24, 48], strict=True):
        assert doubled * 0.8 <= wait <= doubled * 1.2


def test_it_waits_as_long_as_the_provider_asks() -> None:
    handed_over([LATER], retry_after=90.0)

    row = batch()
    assert row.settled_at
    assert (row.ready_at - row.settled_at).total_seconds() == 90


def test_a_retry_is_billed_under_its_own_key_and_never_under_the_first() -> None:
    campaign, _ = handed_over([YES, LATER])
    due_now(campaign)
    once_more([YES])

    number = batch().pk
    keys = LedgerEntry.objects.filter(kind="charge").order_by("pk").values_list("key", "amount")
    assert list(keys) == [(f"batch:{number}:1", -1), (f"batch:{number}:2", -1)]
    assert statuses(campaign) == {"sent": 2}


def test_money_is_the_last_statement_and_their_number_does_not_grow() -> None:
    counts = []
    for people in (3, 40):
        launched(people=people, message="x")
        SendBatch.objects.filter(state="ready").update(size=people)
        work = claimed()
        marked(work)
        with CaptureQueriesContext(connection) as queries:
            settle(settlement(work))
        statements = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
        counts.append(len(statements))
        assert "billing_creditreservation" in statements[-1]
        assert not any("billing_" in statement for statement in statements[:-1])

    assert counts[0] == counts[1] <= 6
