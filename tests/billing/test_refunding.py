"""Refunds of many recipients at once, each linked to the debit that it is of."""

from typing import Any

import pytest

from audiences.models import Store
from billing.drift import find_drift
from billing.models import CreditAccount, LedgerEntry
from billing.refunding import REFUNDABLE, Wanted, policies, refund_all, set_refund_policy
from billing.services import capture_late, charge, close, hold, refund
from campaigns.states import ERROR_CLASSES
from config.audit import SYSTEM
from config.models import AuditEvent
from config.problems import InvalidFields
from tests.billing.figures import Figures, figures
from tests.races import at_once


def want(*recipients: int, credits: int = 2, batch: int = 1) -> list[Wanted]:
    """Credits for some recipients of a batch."""
    return [Wanted(number, credits, f"late:{number}", f"batch:{batch}:1") for number in recipients]


@pytest.fixture
def debit(with_allowance: CreditAccount) -> LedgerEntry:
    """40 charged for a batch: 30 free, 10 bought. 90 bought credits are left."""
    held = hold(store_id=with_allowance.store_id, amount=40, key="campaign:1:1", label="Spring")
    charge(reservation_id=held.pk, amount=40, key="batch:1:1", label="Spring")
    close(reservation_id=held.pk)
    return LedgerEntry.objects.get(key="batch:1:1")


def entries() -> list[Any]:
    """The refunds, in order."""
    rows = LedgerEntry.objects.filter(kind="refund").order_by("pk")
    return list(rows.values("key", "amount", "allowance", "balance_after"))


def test_each_recipient_is_an_entry_and_bought_credits_come_back_first(debit: LedgerEntry, store: Store) -> None:
    assert refund_all(store_id=store.pk, wanted=want(7, 8, 9, credits=4)) == 3

    assert entries() == [
        {"key": "refund:7", "amount": 4, "allowance": 0, "balance_after": 94},
        {"key": "refund:8", "amount": 4, "allowance": 0, "balance_after": 98},
        {"key": "refund:9", "amount": 2, "allowance": 2, "balance_after": 100},
    ]
    assert set(LedgerEntry.objects.filter(kind="refund").values_list("refers_to", flat=True)) == {debit.pk}
    assert figures(debit.account) == Figures(balance=100, allowance=2)


def test_a_recipient_is_refunded_once(debit: LedgerEntry, store: Store) -> None:
    refund_all(store_id=store.pk, wanted=want(7, 8))

    assert refund_all(store_id=store.pk, wanted=want(7, 8, 9)) == 1

    assert [row["key"] for row in entries()] == ["refund:7", "refund:8", "refund:9"]
    assert figures(debit.account) == Figures(balance=96)


def test_no_more_comes_back_than_was_charged(debit: LedgerEntry, store: Store) -> None:
    refund(charge_key="batch:1:1", amount=37, key="by-hand", label="Agreed")

    assert refund_all(store_id=store.pk, wanted=want(7, 8)) == 1

    assert figures(debit.account) == Figures(balance=100, allowance=29)


def test_a_late_charge_is_the_recipients_own(debit: LedgerEntry, store: Store) -> None:
    capture_late(account_id=debit.account_id, amount=2, key="late:7", label="Late")

    refund_all(store_id=store.pk, wanted=want(7, 8))

    found = LedgerEntry.objects.filter(kind="refund").order_by("pk").values_list("key", "refers_to__key")
    assert list(found) == [("refund:7", "late:7"), ("refund:8", "batch:1:1")]


@pytest.mark.usefixtures("debit")
def test_what_was_never_charged_or_is_anothers_brings_nothing(store: Store, other_store: Store) -> None:
    assert refund_all(store_id=store.pk, wanted=want(7, batch=2)) == 0
    assert refund_all(store_id=other_store.pk, wanted=want(7)) == 0
    assert refund_all(store_id=store.pk, wanted=[]) == 0

    assert entries() == []


def test_an_overdraft_shrinks_by_a_refund(debit: LedgerEntry, store: Store) -> None:
    hold(store_id=store.pk, amount=88, key="campaign:2:1", label="Summer")
    capture_late(account_id=debit.account_id, amount=5, key="late:99", label="Late")
    assert figures(debit.account) == Figures(balance=85, held=88, overdraft=3)

    refund_all(store_id=store.pk, wanted=want(7))

    assert figures(debit.account) == Figures(balance=87, held=88, overdraft=1)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_many_sweeps_refund_once(debit: LedgerEntry, store: Store) -> None:
    results = at_once(8, lambda _: refund_all(store_id=store.pk, wanted=want(7, 8, 9)))

    assert sum(result for result in results if isinstance(result, int)) == 3
    assert len(entries()) == 3
    assert find_drift() == []


# The policy ---------------------------------------------------------------------------------------------------------


def test_a_policy_is_set_and_audited(store: Store, other_store: Store) -> None:
    reasons = ["invalid_number", "unreachable", "unreachable"]

    set_refund_policy(store_id=store.pk, reasons=reasons, actor=SYSTEM, reason="Agreed")

    assert policies() == {store.pk: {"invalid_number", "unreachable"}}
    line = AuditEvent.objects.get(action="billing.refund_policy")
    assert (line.reason, line.facts) == ("Agreed", {"before": [], "after": ["invalid_number", "unreachable"]})


def test_an_empty_policy_is_none(store: Store) -> None:
    set_refund_policy(store_id=store.pk, reasons=["other"], actor=SYSTEM, reason="Agreed")
    set_refund_policy(store_id=store.pk, reasons=[], actor=SYSTEM, reason="Ended")

    assert policies() == {}


def test_a_word_that_is_no_failure_is_refused(store: Store) -> None:
    with pytest.raises(InvalidFields, match="There is no such failure: boredom"):
        set_refund_policy(store_id=store.pk, reasons=["boredom"], actor=SYSTEM, reason="Agreed")


def test_what_can_be_refunded_are_failures_of_messages() -> None:
    assert set(REFUNDABLE) <= set(ERROR_CLASSES)
