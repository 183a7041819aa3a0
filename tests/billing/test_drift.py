import pytest
from django.db import connection
from django.db.models import F

from billing.drift import Drift, find_drift, repair
from billing.models import CreditAccount, CreditReservation, LedgerEntry
from billing.services import charge, close, hold, refund
from config.audit import Actor
from config.models import AuditEvent
from tests.billing.figures import Figures, figures
from tests.factories import ReservationFactory


@pytest.fixture
def reservation(with_allowance: CreditAccount) -> CreditReservation:
    """60 credits held, 30 of them free; 40 charged, hence 10 of the bought ones."""
    reservation = hold(store_id=with_allowance.store_id, amount=60, key="campaign:1:1", label="Spring")
    charge(reservation_id=reservation.pk, amount=40, key="batch:1:1", label="Spring")
    return reservation


def set_numbers(account: CreditAccount, **numbers: int) -> None:
    """Falsify an account behind the services' back."""
    CreditAccount.objects.filter(pk=account.pk).update(**numbers)


def add_entry(account: CreditAccount, **columns: object) -> LedgerEntry:
    """Write an entry that no service would write."""
    plain = {"kind": "grant", "amount": 5, "balance_after": 95, "key": "forged", "label": "Forged", "actor": "system"}
    return LedgerEntry.objects.create(account=account, **{**plain, **columns})


@pytest.mark.usefixtures("reservation")
def test_sound_books_have_no_drift() -> None:
    ReservationFactory.create()

    assert find_drift() == []


@pytest.mark.usefixtures("reservation")
def test_a_balance_that_is_not_the_sum_of_the_ledger(with_allowance: CreditAccount) -> None:
    set_numbers(with_allowance, balance=91, allowance=7)

    assert find_drift() == [
        Drift("account.balance", f"account:{with_allowance.pk}", expected=90, found=91),
        Drift("account.allowance", f"account:{with_allowance.pk}", expected=0, found=7),
    ]


@pytest.mark.usefixtures("reservation")
def test_a_hold_that_no_reservation_explains(with_allowance: CreditAccount) -> None:
    set_numbers(with_allowance, held=21)

    assert find_drift() == [Drift("account.held", f"account:{with_allowance.pk}", expected=20, found=21)]


def test_an_allowance_hold_that_no_reservation_explains(with_allowance: CreditAccount) -> None:
    set_numbers(with_allowance, allowance_held=4)

    assert find_drift() == [Drift("account.allowance_held", f"account:{with_allowance.pk}", expected=0, found=4)]


def test_an_overdraft_that_nothing_needs(account: CreditAccount) -> None:
    set_numbers(account, overdraft=4)

    assert find_drift() == [Drift("account.overdraft", f"account:{account.pk}", expected=0, found=4)]


def test_a_reservation_that_charged_more_than_its_entries(reservation: CreditReservation) -> None:
    CreditReservation.objects.filter(pk=reservation.pk).update(charged=F("charged") + 1)

    found = [drift for drift in find_drift() if drift.subject.startswith("reservation")]

    assert found == [Drift("reservation.charged", f"reservation:{reservation.pk}", expected=40, found=41)]


def test_a_charge_without_its_reservation(account: CreditAccount) -> None:
    add_entry(account, kind="charge", amount=-5, balance_after=95, reservation_id=999)
    set_numbers(account, balance=95)

    assert find_drift() == [Drift("reservation.charged", "reservation:999", expected=5, found=0)]


def test_a_broken_chain(account: CreditAccount) -> None:
    entry = add_entry(account, amount=5, balance_after=104)
    set_numbers(account, balance=105)

    assert find_drift() == [Drift("entry.balance_after", f"entry:{entry.pk}", expected=105, found=104)]


def test_chains_of_accounts_do_not_mix(account: CreditAccount) -> None:
    ReservationFactory.create()
    add_entry(account, amount=5, balance_after=105)
    set_numbers(account, balance=105)

    assert find_drift() == []


@pytest.mark.usefixtures("reservation")
def test_a_refund_above_its_charge(with_allowance: CreditAccount) -> None:
    charged = LedgerEntry.objects.get(key="batch:1:1")
    refund(charge_key="batch:1:1", amount=40, key="refund:1", label="Undelivered")
    add_entry(with_allowance, kind="refund", amount=1, balance_after=101, refers_to=charged)
    set_numbers(with_allowance, balance=101)

    assert find_drift() == [Drift("entry.refunded", f"entry:{charged.pk}", expected=40, found=41)]


def test_a_closed_reservation_with_credits_left(reservation: CreditReservation) -> None:
    close(reservation_id=reservation.pk)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE billing_creditreservation DROP CONSTRAINT reservation_closed_is_empty")
    CreditReservation.objects.filter(pk=reservation.pk).update(released=F("released") - 2)

    assert find_drift() == [Drift("reservation.remaining", f"reservation:{reservation.pk}", expected=0, found=2)]


@pytest.mark.usefixtures("reservation")
def test_repair_derives_the_holds_again(with_allowance: CreditAccount) -> None:
    set_numbers(with_allowance, held=33)
    [drift] = find_drift()

    assert repair(drift, actor=Actor("command:doctor"))

    line = AuditEvent.objects.get(action="credits.repair")
    assert figures(with_allowance) == Figures(balance=90, held=20)
    assert (line.actor, line.facts["before"]["held"], line.facts["after"]["held"]) == ("command:doctor", 33, 20)
    assert find_drift() == []


def test_repair_of_what_is_right_again_changes_nothing(account: CreditAccount) -> None:
    stale = Drift("account.held", f"account:{account.pk}", expected=0, found=21)

    assert not repair(stale)

    assert figures(account) == Figures(balance=100)
    assert not AuditEvent.objects.filter(action="credits.repair").exists()


@pytest.mark.usefixtures("reservation")
def test_repair_admits_an_overdraft_that_it_uncovers(with_allowance: CreditAccount) -> None:
    add_entry(with_allowance, kind="adjustment", amount=-80, balance_after=10)
    set_numbers(with_allowance, balance=10, held=0)

    assert all(repair(drift) for drift in find_drift())

    assert figures(with_allowance) == Figures(balance=10, held=20, overdraft=10)


def test_repair_leaves_evidence_to_people(account: CreditAccount) -> None:
    set_numbers(account, balance=91)
    [drift] = find_drift()

    assert not repair(drift)

    assert figures(account) == Figures(balance=91)


def test_repair_cannot_hold_more_allowance_than_there_is(with_allowance: CreditAccount) -> None:
    hold(store_id=with_allowance.store_id, amount=30, key="campaign:1:1", label="Spring")
    set_numbers(with_allowance, allowance=0, allowance_held=0)
    drift = next(drift for drift in find_drift() if drift.name == "account.allowance_held")

    assert not repair(drift)

    assert figures(with_allowance) == Figures(balance=100)
