"""Many callers on one account. Who wins is open; the sums are not."""

from typing import TypeVar

import pytest
from django.db import transaction

from billing.drift import Drift, find_drift, repair
from billing.errors import InsufficientCredits, ReservationClosed
from billing.models import CreditAccount, CreditReservation, LedgerEntry
from billing.services import capture_late, charge, close, grant, hold, lock_holds, refund, release
from config.audit import SYSTEM
from tests.billing.figures import Figures, figures
from tests.factories import CreditAccountFactory
from tests.races import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

THREADS = 12
T = TypeVar("T")


@pytest.fixture
def reservation(account: CreditAccount) -> CreditReservation:
    """60 of 100 credits."""
    return hold(store_id=account.store_id, amount=60, key="campaign:1:1", label="Spring")


def kinds(results: list[T | Exception]) -> list[str]:
    """Exceptions by their name, everything else as it prints, sorted."""
    return sorted(type(result).__name__ if isinstance(result, Exception) else str(result) for result in results)


def test_the_last_credits_are_held_once(account: CreditAccount) -> None:
    def take(index: int) -> str:
        hold(store_id=account.store_id, amount=100, key=f"campaign:{index}:1", label="Spring")
        return "held"

    results = at_once(THREADS, take)

    assert kinds(results) == ["InsufficientCredits"] * 11 + ["held"]
    assert figures(account) == Figures(balance=100, held=100)
    assert CreditReservation.objects.count() == 1


def test_holds_that_fit_all_succeed(with_allowance: CreditAccount) -> None:
    at_once(
        THREADS,
        lambda index: hold(store_id=with_allowance.store_id, amount=10, key=f"campaign:{index}:1", label="Spring"),
    )

    assert figures(with_allowance) == Figures(balance=100, held=90, allowance=30, allowance_held=30)


def test_one_key_is_one_hold(account: CreditAccount) -> None:
    results = at_once(
        THREADS, lambda _: hold(store_id=account.store_id, amount=60, key="campaign:1:1", label="Spring").pk
    )

    assert len(set(results)) == 1
    assert figures(account) == Figures(balance=100, held=60)


def test_one_key_is_one_hold_of_the_last_credits(account: CreditAccount) -> None:
    results = at_once(
        THREADS, lambda _: hold(store_id=account.store_id, amount=100, key="campaign:1:1", label="Spring").pk
    )

    assert len(set(results)) == 1
    assert figures(account) == Figures(balance=100, held=100)


def test_one_key_is_one_charge(account: CreditAccount, reservation: CreditReservation) -> None:
    results = at_once(
        THREADS, lambda _: charge(reservation_id=reservation.pk, amount=5, key="batch:1:1", label="Spring")
    )

    assert kinds(results) == ["False"] * 11 + ["True"]
    assert figures(account) == Figures(balance=95, held=55)


def test_charges_of_many_batches_add_up(account: CreditAccount, reservation: CreditReservation) -> None:
    results = at_once(
        THREADS, lambda n: charge(reservation_id=reservation.pk, amount=5, key=f"batch:{n}:1", label="Spring")
    )

    after = LedgerEntry.objects.filter(kind="charge").order_by("pk").values_list("balance_after", flat=True)
    assert results == [True] * 12
    assert list(after) == [95, 90, 85, 80, 75, 70, 65, 60, 55, 50, 45, 40]
    assert figures(account) == Figures(balance=40)


def test_charges_of_two_campaigns_add_up(with_allowance: CreditAccount) -> None:
    holds = [
        hold(store_id=with_allowance.store_id, amount=60, key=f"campaign:{n}:1", label="Spring").pk for n in (1, 2)
    ]

    results = at_once(
        THREADS, lambda n: charge(reservation_id=holds[n % 2], amount=10, key=f"batch:{n}:1", label="Spring")
    )

    assert results == [True] * 12
    assert figures(with_allowance) == Figures(balance=10)


def test_many_charges_in_one_transaction_do_not_meet_crosswise(account: CreditAccount) -> None:
    accounts = [account, CreditAccountFactory.create()]
    holds = [
        hold(store_id=accounts[n % 2].store_id, amount=40, key=f"campaign:{n}:1", label="Spring").pk for n in range(4)
    ]

    def act(index: int) -> str:
        mine = holds if index % 2 else holds[::-1]
        for run in range(5):
            with transaction.atomic():
                lock_holds(mine)
                for number in mine:
                    charge(reservation_id=number, amount=1, key=f"late:{index}:{run}:{number}", label="Spring")
        return "done"

    def settle(index: int) -> str:
        for run in range(10):
            charge(reservation_id=holds[index % 4], amount=1, key=f"batch:{index}:{run}", label="Spring")
        return "done"

    results = at_once(8, lambda index: act(index) if index < 4 else settle(index))

    assert results == ["done"] * 8
    assert [figures(one) for one in accounts] == [Figures(balance=40, held=20)] * 2


def test_a_charge_against_the_close_costs_its_amount_or_nothing(
    account: CreditAccount, reservation: CreditReservation
) -> None:
    def act(index: int) -> int:
        if index == 0:
            return close(reservation_id=reservation.pk)
        charge(reservation_id=reservation.pk, amount=5, key=f"batch:{index}:1", label="Spring")
        return 5

    results = at_once(THREADS, act)

    moved = [result for result in results if isinstance(result, int)]
    assert all(isinstance(result, (int, ReservationClosed)) for result in results)
    assert sum(moved) == 60
    assert figures(account) == Figures(balance=40 + int(str(results[0])))


def test_a_close_gives_back_once(account: CreditAccount, reservation: CreditReservation) -> None:
    results = at_once(THREADS, lambda _: close(reservation_id=reservation.pk))

    assert kinds(results) == ["0"] * 11 + ["60"]
    assert figures(account) == Figures(balance=100)


def test_releases_and_charges_never_exceed_the_hold(
    with_allowance: CreditAccount,
) -> None:
    reservation = hold(store_id=with_allowance.store_id, amount=60, key="campaign:1:1", label="Spring")

    def act(index: int) -> str:
        if index % 2:
            release(reservation_id=reservation.pk, amount=10)
        else:
            charge(reservation_id=reservation.pk, amount=10, key=f"batch:{index}:1", label="Spring")
        return "done"

    results = at_once(THREADS, act)

    assert kinds(results) == ["ReservationExceeded"] * 6 + ["done"] * 6
    assert (figures(with_allowance).held, figures(with_allowance).allowance_held) == (0, 0)


def test_one_key_is_one_late_charge(account: CreditAccount) -> None:
    results = at_once(THREADS, lambda _: capture_late(account_id=account.pk, amount=90, key="late:7", label="Spring"))

    assert kinds(results) == ["False"] * 11 + ["True"]
    assert figures(account) == Figures(balance=10)


def test_one_key_is_one_grant(account: CreditAccount) -> None:
    entries = at_once(
        THREADS,
        lambda _: grant(store_id=account.store_id, amount=7, key="grant:2", label="Top-up", actor=SYSTEM).repeated,
    )

    assert kinds(entries) == ["False"] + ["True"] * 11
    assert figures(account) == Figures(balance=107)


def test_one_key_is_one_refund(account: CreditAccount) -> None:
    capture_late(account_id=account.pk, amount=30, key="late:7", label="Spring")

    results = at_once(THREADS, lambda _: refund(charge_key="late:7", amount=5, key="refund:1", label="Undelivered"))

    assert kinds(results) == ["False"] * 11 + ["True"]
    assert figures(account) == Figures(balance=75)


def test_refunds_of_one_charge_stop_at_its_amount(account: CreditAccount) -> None:
    capture_late(account_id=account.pk, amount=30, key="late:7", label="Spring")

    results = at_once(THREADS, lambda n: refund(charge_key="late:7", amount=5, key=f"refund:{n}", label="Undelivered"))

    assert kinds(results) == ["RefundRefused"] * 6 + ["True"] * 6
    assert figures(account) == Figures(balance=100)


def test_the_audit_sees_no_drift_in_what_is_under_way(account: CreditAccount, reservation: CreditReservation) -> None:
    def act(index: int) -> list[Drift]:
        if index % 3 == 0:
            return [drift for _ in range(10) for drift in find_drift()]
        charge(reservation_id=reservation.pk, amount=5, key=f"batch:{index}:1", label="Spring")
        return []

    assert at_once(THREADS, act) == [[]] * 12
    assert figures(account) == Figures(balance=60, held=20)


def test_a_repair_fits_what_is_under_way(account: CreditAccount, reservation: CreditReservation) -> None:
    CreditAccount.objects.filter(pk=account.pk).update(held=99)
    drift = Drift("account.held", f"account:{account.pk}", expected=60, found=99)

    def act(index: int) -> bool:
        if index == 0:
            return repair(drift)
        return charge(reservation_id=reservation.pk, amount=5, key=f"batch:{index}:1", label="Spring")

    assert at_once(THREADS, act) == [True] * 12
    assert figures(account) == Figures(balance=45, held=5)


def test_a_hold_against_late_evidence_never_spends_what_is_gone(account: CreditAccount) -> None:
    def act(index: int) -> str:
        if index == 0:
            capture_late(account_id=account.pk, amount=50, key="late:7", label="Spring")
        else:
            hold(store_id=account.store_id, amount=20, key=f"campaign:{index}:1", label="Spring")
        return "done"

    results = at_once(THREADS, act)

    after = figures(account)
    assert results[0] == "done"
    assert all(isinstance(result, InsufficientCredits) for result in results if result != "done")
    assert after.held - after.balance <= after.overdraft
