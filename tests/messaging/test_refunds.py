"""A day after a message stayed undelivered, the store that agreed on it has its credits back: once."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing.models import LedgerEntry
from billing.refunding import set_refund_policy
from campaigns.models import Campaign, CampaignRecipient
from config.audit import SYSTEM
from messaging import refunds
from messaging.models import LogWatermark, MessageLog, ProviderAccount
from messaging.refunds import refund_undelivered
from messaging.watching.trace import trace
from providers.interface import Unsure
from tests.factories import ProviderAccountFactory
from tests.messaging.words import accepted, applied, receipt, recipient, sent
from tests.steps import money

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]
GONE: dict[str, Any] = {"error_class": "unreachable", "error_code": "27"}


@pytest.fixture
def account(db: None) -> ProviderAccount:
    """An account that is never called here."""
    return ProviderAccountFactory.create()


def agreed(campaign: Campaign, *reasons: str) -> None:
    """Staff's policy."""
    set_refund_policy(store_id=campaign.store_id, reasons=reasons, actor=SYSTEM, reason="Agreed")


def a_day_passes() -> None:
    """Everything that was logged is a day older."""
    for line in MessageLog.objects.all():
        MessageLog.objects.filter(pk=line.pk).update(at=line.at - timedelta(hours=25))


def undelivered(account: ProviderAccount, people: int = 1) -> Campaign:
    """A campaign whose messages were accepted, charged and not delivered."""
    campaign = accepted(account, people)
    rows = CampaignRecipient.objects.filter(campaign=campaign).order_by("pk")
    applied(account, *(receipt(row, "undelivered", **GONE) for row in rows))
    return campaign


def test_credits_come_back_a_day_later_linked_to_the_debit(account: ProviderAccount) -> None:
    campaign = undelivered(account, people=3)
    agreed(campaign, "unreachable")
    assert refund_undelivered()["refunded"] == 0
    assert money(campaign) == (997, 0)

    a_day_passes()

    assert refund_undelivered()["refunded"] == 3
    assert money(campaign) == (1000, 0)
    found = LedgerEntry.objects.filter(kind="refund").values_list("refers_to__kind", "amount").distinct()
    assert list(found) == [("charge", 1)]


def test_once(account: ProviderAccount) -> None:
    campaign = undelivered(account)
    agreed(campaign, "unreachable")
    applied(account, receipt(recipient(), "undelivered", **GONE))
    a_day_passes()
    refund_undelivered()

    assert refund_undelivered() == {"lines": 0, "refunded": 0}
    LogWatermark.objects.filter(name=refunds.NAME).update(done=0)
    assert refund_undelivered()["refunded"] == 0

    assert money(campaign) == (1000, 0)


def test_who_died_before_the_watermark_moved_does_it_again_for_nothing(
    account: ProviderAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = undelivered(account, people=5)
    agreed(campaign, "unreachable")
    a_day_passes()
    monkeypatch.setattr(refunds, "CHUNK", 3)

    assert refund_undelivered()["refunded"] == 5
    LogWatermark.objects.filter(name=refunds.NAME).update(done=0)
    assert refund_undelivered()["refunded"] == 0

    assert money(campaign) == (1000, 0)


@pytest.mark.parametrize("reasons", [(), ("invalid_number", "expired")])
def test_other_failures_stay_billed(account: ProviderAccount, reasons: tuple[str, ...]) -> None:
    campaign = undelivered(account)
    agreed(campaign, *reasons)
    a_day_passes()

    assert refund_undelivered()["refunded"] == 0
    assert money(campaign) == (999, 0)


def test_what_was_delivered_after_all_stays_billed(account: ProviderAccount) -> None:
    campaign = undelivered(account)
    agreed(campaign, "unreachable")
    applied(account, receipt(recipient(), "delivered"))
    a_day_passes()

    assert refund_undelivered()["refunded"] == 0
    assert money(campaign) == (999, 0)


def test_delivered_after_the_refund_changes_no_money(account: ProviderAccount) -> None:
    campaign = undelivered(account)
    agreed(campaign, "unreachable")
    a_day_passes()
    refund_undelivered()

    applied(account, receipt(recipient(), "delivered"))

    assert recipient().status == "delivered"
    assert money(campaign) == (1000, 0)


def test_a_late_charge_is_what_is_given_back(account: ProviderAccount) -> None:
    campaign = sent(account, [Unsure("timeout")])
    agreed(campaign, "unreachable")
    applied(account, receipt(recipient(), "undelivered", **GONE))
    assert money(campaign) == (999, 0)
    a_day_passes()

    refund_undelivered()

    entry = LedgerEntry.objects.get(kind="refund")
    assert entry.refers_to
    assert entry.refers_to.key == f"late:{recipient().pk}"
    assert money(campaign) == (1000, 0)


def test_a_line_that_is_younger_stops_the_walk(account: ProviderAccount) -> None:
    campaign = undelivered(account)
    agreed(campaign, "unreachable")
    a_day_passes()
    undelivered(account)
    first = MessageLog.objects.earliest("pk")
    young = MessageLog.objects.create(store_id=1, kind="receipt", outcome="delivered", at=timezone.now())

    refund_undelivered()

    mark = LogWatermark.objects.get(name=refunds.NAME)
    assert first.pk < mark.done < young.pk
    assert money(campaign) == (1000, 0)


def test_without_any_policy_the_lines_are_passed_by(account: ProviderAccount) -> None:
    undelivered(account)
    a_day_passes()

    assert refund_undelivered()["refunded"] == 0
    assert LogWatermark.objects.get(name=refunds.NAME).done == MessageLog.objects.latest("pk").pk


def test_the_trace_tells_of_it(account: ProviderAccount) -> None:
    campaign = undelivered(account)
    agreed(campaign, "unreachable")
    a_day_passes()
    refund_undelivered()

    steps = trace(campaign=campaign, recipient=recipient()).steps

    assert [step.words for step in steps if step.code == "money.refund"] == ["Refunded: 1 credits."]


# How far ------------------------------------------------------------------------------------------------------------


def lines(*hours: float) -> list[int]:
    """Lines of the log that are so many hours old, oldest id first; their ids."""
    now = timezone.now()
    rows = [
        MessageLog.objects.create(store_id=1, kind="receipt", outcome="delivered", at=now - timedelta(hours=age))
        for age in hours
    ]
    return [row.pk for row in rows]


def until(after: int) -> int:
    """How far a chunk behind a line goes now."""
    return refunds.reach(after=after, cutoff=timezone.now() - refunds.WAIT)


def test_a_chunk_ends_before_the_first_young_line() -> None:
    ids = lines(30, 29, 1, 28)

    assert until(ids[0] - 1) == ids[1]
    assert until(ids[1]) == ids[1]


def test_a_chunk_is_no_longer_than_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refunds, "CHUNK", 2)
    ids = lines(30, 29, 28)

    assert until(ids[0] - 1) == ids[1]
    assert until(ids[1]) == ids[2]


def test_an_empty_log_goes_nowhere() -> None:
    assert until(77) == 77


def test_each_store_is_refunded_by_its_own_policy(account: ProviderAccount) -> None:
    first, second = undelivered(account, people=2), undelivered(account)
    agreed(first, "unreachable")
    agreed(second, "expired")
    a_day_passes()

    assert refund_undelivered()["refunded"] == 2
    assert (money(first), money(second)) == ((1000, 0), (999, 0))


def test_what_was_charged_in_parts_comes_back_in_parts(account: ProviderAccount) -> None:
    campaign = undelivered(account, people=3)
    agreed(campaign, "unreachable")
    rows = CampaignRecipient.objects.filter(campaign=campaign).order_by("pk")
    applied(account, receipt(rows[1], "delivered"))
    a_day_passes()

    assert refund_undelivered()["refunded"] == 2

    keys = LedgerEntry.objects.filter(kind="refund").order_by("pk").values_list("key", flat=True)
    assert list(keys) == [f"refund:{rows[0].pk}", f"refund:{rows[2].pk}"]
    assert money(campaign) == (999, 0)
