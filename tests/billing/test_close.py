import pytest

from billing.errors import ReservationClosed, ReservationExceeded
from billing.models import CreditAccount, CreditReservation
from billing.services import capture_late, charge, close, hold, release
from config.problems import NotFound
from tests.billing.figures import Figures, figures


@pytest.fixture
def reservation(account: CreditAccount) -> CreditReservation:
    """60 of 100 credits."""
    return hold(store_id=account.store_id, amount=60, key="campaign:1:1", label="Spring")


def test_gives_back_what_was_not_charged(account: CreditAccount, reservation: CreditReservation) -> None:
    charge(reservation_id=reservation.pk, amount=25, key="batch:1:1", label="Spring")

    assert close(reservation_id=reservation.pk) == 35

    reservation.refresh_from_db()
    assert (reservation.state, reservation.charged, reservation.released) == ("closed", 25, 35)
    assert reservation.closed_at is not None
    assert figures(account) == Figures(balance=75)


def test_happens_once(account: CreditAccount, reservation: CreditReservation) -> None:
    close(reservation_id=reservation.pk)

    assert close(reservation_id=reservation.pk) == 0

    assert figures(account) == Figures(balance=100)


def test_an_empty_hold_closes_too(reservation: CreditReservation) -> None:
    charge(reservation_id=reservation.pk, amount=60, key="batch:1:1", label="Spring")

    assert close(reservation_id=reservation.pk) == 0

    reservation.refresh_from_db()
    assert reservation.state == "closed"


def test_gives_the_allowance_back(with_allowance: CreditAccount) -> None:
    reservation = hold(store_id=with_allowance.store_id, amount=60, key="campaign:1:1", label="Spring")
    charge(reservation_id=reservation.pk, amount=12, key="batch:1:1", label="Spring")

    close(reservation_id=reservation.pk)

    assert figures(with_allowance) == Figures(balance=100, allowance=18)


def test_a_release_gives_back_a_part(account: CreditAccount, reservation: CreditReservation) -> None:
    release(reservation_id=reservation.pk, amount=10)

    reservation.refresh_from_db()
    assert (reservation.state, reservation.remaining) == ("open", 50)
    assert figures(account) == Figures(balance=100, held=50)


def test_a_release_gives_bought_credits_back_first(with_allowance: CreditAccount) -> None:
    reservation = hold(store_id=with_allowance.store_id, amount=60, key="campaign:1:1", label="Spring")

    release(reservation_id=reservation.pk, amount=25)
    assert figures(with_allowance) == Figures(balance=100, held=5, allowance=30, allowance_held=30)

    release(reservation_id=reservation.pk, amount=25)
    assert figures(with_allowance) == Figures(balance=100, allowance=30, allowance_held=10)


def test_more_than_is_left_cannot_be_released(account: CreditAccount, reservation: CreditReservation) -> None:
    with pytest.raises(ReservationExceeded) as refusal:
        release(reservation_id=reservation.pk, amount=61)

    assert refusal.value.facts == {"remaining": 60}
    assert figures(account) == Figures(balance=100, held=60)


def test_a_closed_hold_cannot_be_released(reservation: CreditReservation) -> None:
    close(reservation_id=reservation.pk)

    with pytest.raises(ReservationClosed):
        release(reservation_id=reservation.pk, amount=1)


def test_an_unknown_hold_cannot_be_released() -> None:
    with pytest.raises(NotFound):
        release(reservation_id=1, amount=1)


def test_releasing_nothing_does_nothing(account: CreditAccount, reservation: CreditReservation) -> None:
    release(reservation_id=reservation.pk, amount=0)

    assert figures(account) == Figures(balance=100, held=60)


@pytest.mark.parametrize(("back", "overdraft"), [(10, 10), (20, 0), (30, 0)])
def test_what_comes_back_lowers_the_overdraft(
    account: CreditAccount, reservation: CreditReservation, back: int, overdraft: int
) -> None:
    capture_late(account_id=account.pk, amount=60, key="late:1", label="Winter")

    release(reservation_id=reservation.pk, amount=back)

    assert figures(account) == Figures(balance=40, held=60 - back, overdraft=overdraft)


def test_closing_lowers_the_overdraft(account: CreditAccount, reservation: CreditReservation) -> None:
    capture_late(account_id=account.pk, amount=60, key="late:1", label="Winter")

    close(reservation_id=reservation.pk)

    assert figures(account) == Figures(balance=40)
