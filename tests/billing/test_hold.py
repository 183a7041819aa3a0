import pytest

from audiences.models import Store
from billing.errors import InsufficientCredits, KeyReused, SpendingBlocked
from billing.models import CreditAccount, CreditReservation, LedgerEntry
from billing.services import capture_late, close, grant, hold
from config.audit import SYSTEM
from tests.billing.figures import Figures, figures


def test_sets_credits_aside_without_a_ledger_entry(account: CreditAccount) -> None:
    entries = LedgerEntry.objects.count()

    reservation = hold(store_id=account.store_id, amount=60, key="campaign:1:1", label="Spring")

    assert figures(account) == Figures(balance=100, held=60)
    assert (reservation.amount, reservation.state, reservation.label) == (60, "open", "Spring")
    assert LedgerEntry.objects.count() == entries


def test_takes_the_last_credit(account: CreditAccount) -> None:
    hold(store_id=account.store_id, amount=100, key="campaign:1:1", label="Spring")

    account.refresh_from_db()
    assert account.available == 0


def test_refuses_more_than_is_available_and_changes_nothing(account: CreditAccount) -> None:
    hold(store_id=account.store_id, amount=60, key="campaign:1:1", label="Spring")

    with pytest.raises(InsufficientCredits) as refusal:
        hold(store_id=account.store_id, amount=41, key="campaign:2:1", label="Summer")

    assert refusal.value.facts == {"required": 41, "available": 40, "missing": 1}
    assert (refusal.value.status, refusal.value.code) == (402, "INSUFFICIENT_CREDITS")
    assert figures(account) == Figures(balance=100, held=60)
    assert not CreditReservation.objects.filter(key="campaign:2:1").exists()


def test_a_store_without_an_account_has_nothing(store: Store) -> None:
    with pytest.raises(InsufficientCredits) as refusal:
        hold(store_id=store.pk, amount=5, key="campaign:1:1", label="Spring")

    assert refusal.value.facts == {"required": 5, "available": 0, "missing": 5}


def test_the_same_key_returns_the_same_reservation(account: CreditAccount) -> None:
    first = hold(store_id=account.store_id, amount=60, key="campaign:1:1", label="Spring")

    again = hold(store_id=account.store_id, amount=60, key="campaign:1:1", label="Spring")

    assert again == first
    assert figures(account).held == 60


def test_a_closed_reservation_keeps_its_key(account: CreditAccount) -> None:
    first = hold(store_id=account.store_id, amount=60, key="campaign:1:1", label="Spring")
    close(reservation_id=first.pk)

    again = hold(store_id=account.store_id, amount=60, key="campaign:1:1", label="Spring")
    next_run = hold(store_id=account.store_id, amount=60, key="campaign:1:2", label="Spring")

    assert (again.pk, again.state) == (first.pk, "closed")
    assert next_run.state == "open"


def test_another_stores_key_is_refused(account: CreditAccount, other_store: Store) -> None:
    hold(store_id=account.store_id, amount=60, key="campaign:1:1", label="Spring")

    with pytest.raises(KeyReused):
        hold(store_id=other_store.pk, amount=60, key="campaign:1:1", label="Spring")


def test_takes_the_allowance_first(with_allowance: CreditAccount) -> None:
    first = hold(store_id=with_allowance.store_id, amount=20, key="campaign:1:1", label="Spring")
    second = hold(store_id=with_allowance.store_id, amount=50, key="campaign:2:1", label="Summer")

    assert (first.allowance, second.allowance) == (20, 10)
    assert figures(with_allowance) == Figures(balance=100, held=40, allowance=30, allowance_held=30)


def test_the_allowance_counts_as_available(with_allowance: CreditAccount) -> None:
    hold(store_id=with_allowance.store_id, amount=130, key="campaign:1:1", label="Spring")

    assert figures(with_allowance) == Figures(balance=100, held=100, allowance=30, allowance_held=30)


def test_is_blocked_while_the_balance_is_below_zero(account: CreditAccount) -> None:
    capture_late(account_id=account.pk, amount=103, key="late:1", label="Spring")

    with pytest.raises(SpendingBlocked) as refusal:
        hold(store_id=account.store_id, amount=1, key="campaign:1:1", label="Spring")

    assert refusal.value.facts == {"required": 1, "available": -3, "missing": 4}


def test_is_free_again_after_a_top_up(account: CreditAccount) -> None:
    capture_late(account_id=account.pk, amount=103, key="late:1", label="Spring")
    grant(store_id=account.store_id, amount=4, key="grant:2", label="Top-up", actor=SYSTEM)

    hold(store_id=account.store_id, amount=1, key="campaign:1:1", label="Spring")

    assert figures(account) == Figures(balance=1, held=1)


@pytest.mark.parametrize("amount", [0, -1])
def test_an_amount_below_one_is_a_mistake(account: CreditAccount, amount: int) -> None:
    with pytest.raises(ValueError, match="not a number of credits"):
        hold(store_id=account.store_id, amount=amount, key="campaign:1:1", label="Spring")
