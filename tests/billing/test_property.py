"""Whatever happens to an account, in whatever order, the books add up."""

from collections.abc import Callable
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.drift import find_drift
from billing.errors import InsufficientCredits, RefundRefused, ReservationClosed, ReservationExceeded
from billing.models import CreditAccount, CreditReservation, LedgerEntry
from billing.services import capture_late, charge, close, grant, hold, refund, release, renew_allowance
from config.audit import SYSTEM
from config.problems import NotFound
from tests.billing.figures import figures
from tests.factories import CreditAccountFactory

AMOUNT = st.integers(1, 60)
PLACE = st.integers(0, 5)
EVENTS = st.sampled_from(["grant", "hold", "hold", "late", "renew", "charge", "charge", "release", "close", "refund"])
STEPS = st.tuples(EVENTS, AMOUNT, PLACE)
REFUSALS = (InsufficientCredits, NotFound, ReservationClosed, ReservationExceeded, RefundRefused)
numbers = count()


def moves(account: CreditAccount, *, amount: int, place: int, key: str) -> dict[str, Callable[[], object]]:
    """What can happen; `place` picks a reservation and a charge among those there are, or one that is not there."""
    holds = [0, *CreditReservation.objects.filter(account=account).order_by("pk").values_list("pk", flat=True)]
    charges = [
        "",
        *LedgerEntry.objects.filter(account=account, kind__in=["charge", "late"]).values_list("key", flat=True),
    ]
    on_hold = {"reservation_id": holds[place % len(holds)]}
    charge_key = charges[place % len(charges)]
    to_store: dict[str, Any] = {"store_id": account.store_id, "amount": amount, "key": key, "label": "A step"}
    return {
        "grant": lambda: grant(**to_store, actor=SYSTEM),
        "hold": lambda: hold(**to_store),
        "renew": lambda: renew_allowance(**to_store),
        "late": lambda: capture_late(account_id=account.pk, amount=amount, key=key, label="A step"),
        "charge": lambda: charge(**on_hold, amount=amount, key=key, label="A step"),
        "release": lambda: release(**on_hold, amount=amount),
        "close": lambda: close(**on_hold),
        "refund": lambda: refund(charge_key=charge_key, amount=amount, key=key, label="A step"),
    }


def step(account: CreditAccount, *, event: str, amount: int, place: int) -> None:
    """Do one thing; a refusal changes nothing, and neither does the repetition of a key."""
    move = moves(account, amount=amount, place=place, key=f"{event}:{next(numbers)}")[event]
    before = figures(account)
    try:
        move()
    except REFUSALS:
        assert figures(account) == before
        return
    after = figures(account)
    if event != "release":  # it has no key
        move()
        assert figures(account) == after


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=20))
def test_any_interleaving_keeps_the_books(db: None, steps: list[tuple[str, int, int]]) -> None:
    account = CreditAccountFactory.create(credits=100, allowance=40)

    for event, amount, place in steps:
        step(account, event=event, amount=amount, place=place)

        now = figures(account)
        assert now.balance - now.held >= -now.overdraft
        assert now.allowance >= now.allowance_held >= 0
    assert find_drift() == []


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amount=st.integers(1, 140), cuts=st.lists(st.tuples(st.booleans(), st.integers(1, 50)), max_size=12))
def test_a_hold_is_what_is_charged_plus_what_comes_back(db: None, amount: int, cuts: list[tuple[bool, int]]) -> None:
    account = CreditAccountFactory.create(credits=100, allowance=40)
    reservation = hold(store_id=account.store_id, amount=amount, key=f"campaign:{next(numbers)}:1", label="Spring")
    remaining = amount

    for number, (is_charge, wanted) in enumerate(cuts):
        part = min(wanted, remaining)
        if is_charge:
            charge(reservation_id=reservation.pk, amount=part, key=f"{reservation.key}:{number}", label="Spring")
        else:
            release(reservation_id=reservation.pk, amount=part)
        remaining -= part
    returned = close(reservation_id=reservation.pk)

    after = figures(account)
    charged = sum(
        -entry.amount - entry.allowance for entry in LedgerEntry.objects.filter(reservation=reservation, kind="charge")
    )
    assert returned == remaining
    assert after.balance + after.allowance == 140 - charged
    assert (after.held, after.allowance_held) == (0, 0)
