import pytest

from billing.errors import RefundRefused
from billing.models import CreditAccount, LedgerEntry
from billing.services import capture_late, charge, hold, refund
from tests.billing.figures import Figures, figures


@pytest.fixture
def charged(account: CreditAccount) -> LedgerEntry:
    """25 of 100 credits, spent."""
    reservation = hold(store_id=account.store_id, amount=25, key="campaign:1:1", label="Spring")
    charge(reservation_id=reservation.pk, amount=25, key="batch:1:1", label="Spring")
    return LedgerEntry.objects.get(key="batch:1:1")


def test_gives_credits_back_and_names_the_charge(account: CreditAccount, charged: LedgerEntry) -> None:
    assert refund(charge_key="batch:1:1", amount=3, key="refund:9", label="Undelivered")

    entry = LedgerEntry.objects.get(key="refund:9")
    assert (entry.kind, entry.amount, entry.balance_after, entry.refers_to) == ("refund", 3, 78, charged)
    assert figures(account) == Figures(balance=78)


@pytest.mark.usefixtures("charged")
def test_happens_once(account: CreditAccount) -> None:
    refund(charge_key="batch:1:1", amount=25, key="refund:9", label="Undelivered")

    assert not refund(charge_key="batch:1:1", amount=25, key="refund:9", label="Undelivered")

    assert figures(account) == Figures(balance=100)


@pytest.mark.usefixtures("charged")
def test_never_gives_more_than_was_charged(account: CreditAccount) -> None:
    refund(charge_key="batch:1:1", amount=20, key="refund:9", label="Undelivered")

    with pytest.raises(RefundRefused):
        refund(charge_key="batch:1:1", amount=6, key="refund:10", label="Undelivered")

    assert figures(account) == Figures(balance=95)


def test_gives_bought_credits_back_before_the_allowance(with_allowance: CreditAccount) -> None:
    reservation = hold(store_id=with_allowance.store_id, amount=40, key="campaign:1:1", label="Spring")
    charge(reservation_id=reservation.pk, amount=40, key="batch:1:1", label="Spring")

    refund(charge_key="batch:1:1", amount=15, key="refund:9", label="Undelivered")
    refund(charge_key="batch:1:1", amount=25, key="refund:10", label="Undelivered")

    given = LedgerEntry.objects.filter(kind="refund").order_by("pk").values_list("amount", "allowance")
    assert list(given) == [(10, 5), (0, 25)]
    assert figures(with_allowance) == Figures(balance=100, allowance=30)


def test_a_late_charge_can_be_refunded(account: CreditAccount) -> None:
    capture_late(account_id=account.pk, amount=103, key="late:7", label="Spring")

    refund(charge_key="late:7", amount=103, key="refund:9", label="Undelivered")

    assert figures(account) == Figures(balance=100)


def test_only_a_charge_can_be_refunded(account: CreditAccount) -> None:
    grant_key = LedgerEntry.objects.get(kind="grant").key

    with pytest.raises(RefundRefused, match="no such charge"):
        refund(charge_key=grant_key, amount=1, key="refund:9", label="Undelivered")

    assert figures(account) == Figures(balance=100)
