import pytest

from billing.models import CreditAccount, LedgerEntry
from billing.services import capture_late, charge, grant, hold
from config.audit import SYSTEM
from tests.billing.figures import Figures, figures


def test_charges_without_a_hold(account: CreditAccount) -> None:
    assert capture_late(account_id=account.pk, amount=2, key="late:7", label="Spring")

    entry = LedgerEntry.objects.get(key="late:7")
    assert (entry.kind, entry.amount, entry.balance_after, entry.reservation) == ("late", -2, 98, None)
    assert figures(account) == Figures(balance=98)


def test_happens_once(account: CreditAccount) -> None:
    capture_late(account_id=account.pk, amount=2, key="late:7", label="Spring")

    assert not capture_late(account_id=account.pk, amount=2, key="late:7", label="Spring")

    assert figures(account) == Figures(balance=98)


def test_takes_the_free_allowance_first(with_allowance: CreditAccount) -> None:
    hold(store_id=with_allowance.store_id, amount=25, key="campaign:1:1", label="Spring")

    capture_late(account_id=with_allowance.pk, amount=8, key="late:7", label="Spring")

    assert figures(with_allowance) == Figures(balance=97, allowance=25, allowance_held=25)


def test_goes_below_zero_by_exactly_what_is_missing(account: CreditAccount) -> None:
    hold(store_id=account.store_id, amount=95, key="campaign:1:1", label="Spring")

    capture_late(account_id=account.pk, amount=8, key="late:7", label="Spring")

    assert figures(account) == Figures(balance=92, held=95, overdraft=3)


def test_a_hold_can_still_be_charged_below_zero(account: CreditAccount) -> None:
    reservation = hold(store_id=account.store_id, amount=95, key="campaign:1:1", label="Spring")
    capture_late(account_id=account.pk, amount=8, key="late:7", label="Spring")

    charge(reservation_id=reservation.pk, amount=95, key="batch:1:1", label="Spring")

    assert figures(account) == Figures(balance=-3, overdraft=3)


@pytest.mark.parametrize(("credits", "overdraft"), [(2, 1), (3, 0), (4, 0)])
def test_what_comes_in_lowers_the_overdraft(account: CreditAccount, credits: int, overdraft: int) -> None:
    capture_late(account_id=account.pk, amount=103, key="late:7", label="Spring")

    grant(store_id=account.store_id, amount=credits, key="grant:2", label="Top-up", actor=SYSTEM)

    assert figures(account) == Figures(balance=credits - 3, overdraft=overdraft)
