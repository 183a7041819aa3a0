import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.errors import ReservationClosed, ReservationExceeded
from billing.models import CreditAccount, CreditReservation, LedgerEntry
from billing.services import charge, close, hold, release
from config.problems import NotFound
from tests.billing.figures import Figures, figures


@pytest.fixture
def reservation(account: CreditAccount) -> CreditReservation:
    """60 of 100 credits."""
    return hold(store_id=account.store_id, amount=60, key="campaign:1:1", label="Spring")


def test_draws_the_hold_down_and_writes_one_entry(account: CreditAccount, reservation: CreditReservation) -> None:
    assert charge(reservation_id=reservation.pk, amount=25, key="batch:1:1", label="Spring")

    reservation.refresh_from_db()
    entry = LedgerEntry.objects.get(key="batch:1:1")
    assert (reservation.charged, reservation.remaining) == (25, 35)
    assert figures(account) == Figures(balance=75, held=35)
    assert (entry.kind, entry.amount, entry.allowance, entry.balance_after) == ("charge", -25, 0, 75)
    assert (entry.account, entry.reservation, entry.label, entry.actor) == (account, reservation, "Spring", "system")


def test_is_one_statement(reservation: CreditReservation) -> None:
    with CaptureQueriesContext(connection) as queries:
        charge(reservation_id=reservation.pk, amount=25, key="batch:1:1", label="Spring")

    assert len(queries) == 1


def test_finds_its_rows_by_primary_key(account: CreditAccount, reservation: CreditReservation) -> None:
    others = (CreditReservation(account=account, key=f"campaign:{n}:2", amount=0) for n in range(2000))
    CreditReservation.objects.bulk_create(others)
    with CaptureQueriesContext(connection) as queries:
        charge(reservation_id=reservation.pk, amount=25, key="batch:1:1", label="Spring")
    with connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE; ANALYZE billing_creditreservation; SET LOCAL enable_seqscan = off"
        )
        cursor.execute(f"EXPLAIN {queries[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert plan.count("billing_creditreservation_pkey") == 2
    assert plan.count("billing_creditaccount_pkey") == 2
    assert "Seq Scan" not in plan


def test_a_used_key_changes_nothing(account: CreditAccount, reservation: CreditReservation) -> None:
    charge(reservation_id=reservation.pk, amount=25, key="batch:1:1", label="Spring")

    assert not charge(reservation_id=reservation.pk, amount=25, key="batch:1:1", label="Spring")

    reservation.refresh_from_db()
    assert reservation.charged == 25
    assert figures(account) == Figures(balance=75, held=35)


def test_a_used_key_is_not_an_error_after_the_close(reservation: CreditReservation) -> None:
    charge(reservation_id=reservation.pk, amount=25, key="batch:1:1", label="Spring")
    close(reservation_id=reservation.pk)

    assert not charge(reservation_id=reservation.pk, amount=25, key="batch:1:1", label="Spring")


def test_the_allowance_is_drawn_first(with_allowance: CreditAccount) -> None:
    reservation = hold(store_id=with_allowance.store_id, amount=60, key="campaign:1:1", label="Spring")

    for batch in (1, 2, 3):
        charge(reservation_id=reservation.pk, amount=20, key=f"batch:{batch}:1", label="Spring")

    entries = LedgerEntry.objects.filter(kind="charge").order_by("pk")
    drawn = [(entry.amount, entry.allowance, entry.balance_after) for entry in entries]
    assert drawn == [(0, -20, 100), (-10, -10, 90), (-20, 0, 70)]
    assert figures(with_allowance) == Figures(balance=70)


def test_after_a_release_of_the_allowance_nothing_is_taken_from_it(with_allowance: CreditAccount) -> None:
    reservation = hold(store_id=with_allowance.store_id, amount=60, key="campaign:1:1", label="Spring")
    release(reservation_id=reservation.pk, amount=40)

    charge(reservation_id=reservation.pk, amount=20, key="batch:1:1", label="Spring")

    assert figures(with_allowance) == Figures(balance=100, allowance=10)


def test_more_than_the_hold_is_refused(account: CreditAccount, reservation: CreditReservation) -> None:
    charge(reservation_id=reservation.pk, amount=25, key="batch:1:1", label="Spring")

    with pytest.raises(ReservationExceeded) as refusal:
        charge(reservation_id=reservation.pk, amount=36, key="batch:2:1", label="Spring")

    assert refusal.value.facts == {"remaining": 35}
    assert figures(account) == Figures(balance=75, held=35)


def test_a_closed_hold_is_refused(account: CreditAccount, reservation: CreditReservation) -> None:
    close(reservation_id=reservation.pk)

    with pytest.raises(ReservationClosed):
        charge(reservation_id=reservation.pk, amount=1, key="batch:1:1", label="Spring")

    assert figures(account) == Figures(balance=100)


def test_an_unknown_hold_is_refused() -> None:
    with pytest.raises(NotFound):
        charge(reservation_id=1, amount=1, key="batch:1:1", label="Spring")


def test_nothing_accepted_costs_nothing(account: CreditAccount, reservation: CreditReservation) -> None:
    assert not charge(reservation_id=reservation.pk, amount=0, key="batch:1:1", label="Spring")

    assert figures(account) == Figures(balance=100, held=60)


def test_a_negative_charge_is_a_mistake(reservation: CreditReservation) -> None:
    with pytest.raises(ValueError, match="not a number of credits"):
        charge(reservation_id=reservation.pk, amount=-1, key="batch:1:1", label="Spring")
