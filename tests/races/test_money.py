"""A hundred callers at once on one account: charges, top-ups, refunds, releases, replays of webhooks, a renewal."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from audiences.models import Store
from billing.drift import find_drift
from billing.models import CreditAccount, CreditReservation, LedgerEntry, Package, Payment, StripeEvent
from billing.payments.gateway import Session
from billing.payments.inbox import apply
from billing.payments.settle import settle_session
from billing.refunding import Wanted, refund_all
from billing.services import charge, close, grant, hold, release
from billing.subscriptions import renew_due, set_plan
from config.audit import SYSTEM
from config.opaque import public_id
from config.problems import Problem
from tests.factories import CreditAccountFactory, some_plans
from tests.races import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
CALLERS = 100
KINDS = 10


@pytest.fixture
def account(store: Store) -> CreditAccount:
    """10 000 credits, and the starter plan's 300 free ones; what is over of its period is due for the next."""
    some_plans()
    made = CreditAccountFactory.create(store=store, credits=10_000)
    row = set_plan(store_id=store.pk, plan="starter", status="active", actor=SYSTEM)
    type(row).objects.update(
        anchor="2026-01-01T00:00:00Z", period_start="2026-01-01T00:00:00Z", period_end="2026-02-01T00:00:00Z"
    )
    return made


@pytest.fixture
def paid(store: Store, account: CreditAccount) -> list[Session]:
    """Five packages of 100 credits that were paid at Stripe."""
    package = Package.objects.create(name="100", credits=100, price_cents=450)
    price: dict[str, Any] = {"credits": 100, "amount_cents": 450, "currency": "EUR", "actor": "system"}
    payments = [Payment.objects.create(store=store, kind="package", package=package, **price) for _ in range(5)]
    return [
        Session(f"cs_{row.pk}", "complete", "paid", public_id(row.pk, kind="pay"), f"pi_{row.pk}", 450)
        for row in payments
    ]


@pytest.fixture
def refunded(paid: list[Session]) -> StripeEvent:
    """A webhook: the first package is to be paid back in whole."""
    facts = {"id": "ch_1", "payment_intent": paid[0].intent, "amount_refunded": 450}
    return StripeEvent.objects.create(event_id="evt_1", kind="charge.refunded", facts=facts, happened_at=timezone.now())


def test_a_hundred_callers_leave_sound_books(
    store: Store, account: CreditAccount, paid: list[Session], refunded: StripeEvent
) -> None:
    reservation = hold(store_id=store.pk, amount=2000, key="campaign:1:1", label="Spring")
    charge(reservation_id=reservation.pk, amount=100, key="batch:0:1", label="Spring")
    settle_session(paid[0])
    wanted = [Wanted(number, 2, f"late:{number}", "batch:0:1") for number in range(5)]
    store_id, on_hold = store.pk, {"reservation_id": reservation.pk}
    acts: list[Callable[[int], object]] = [
        lambda n: charge(**on_hold, amount=7, key=f"batch:{n}:1", label="Spring"),
        lambda n: charge(**on_hold, amount=7, key="batch:same:1", label="Spring"),
        lambda n: release(**on_hold, amount=3),
        lambda n: grant(store_id=store_id, amount=50, key=f"grant:{n}", label="Gift", actor=SYSTEM),
        lambda n: settle_session(paid[n // KINDS % 5]),
        lambda n: apply(StripeEvent.objects.get(pk=refunded.pk)),
        lambda n: refund_all(store_id=store_id, wanted=wanted),
        lambda n: hold(store_id=store_id, amount=20, key=f"campaign:{n}:2", label="Summer").pk,
        lambda n: close(reservation_id=hold(store_id=store_id, amount=9, key=f"c:{n}", label="Autumn").pk),
        lambda n: renew_due(limit=5)["renewed"],
    ]

    results = at_once(CALLERS, lambda n: acts[n % KINDS](n))

    assert [result for result in results if isinstance(result, Exception) and not isinstance(result, Problem)] == []
    assert [result for result in results if isinstance(result, Problem)] == []
    assert find_drift() == []
    _assert_each_once()
    after = CreditAccount.objects.get(pk=account.pk)
    # 2000 less 100, nine charges of 7 (the first one's key was used), one under one key, ten releases; ten holds.
    assert after.held + after.allowance_held == 2000 - 100 - 63 - 7 - 30 + 200
    # In: 10 000, ten gifts of 50, five packages less the one that was paid back, 10 refunded credits. Out: charges.
    spent = 100 + 63 + 7
    free = LedgerEntry.objects.filter(kind="allowance").aggregate(sum=Sum("allowance"))["sum"]
    assert after.balance + after.allowance == 10_000 + 500 + 400 + 10 - spent + free
    assert after.balance >= after.held
    assert after.overdraft == 0


def test_a_hundred_spenders_of_the_last_credits_never_go_below_zero(store: Store) -> None:
    account = CreditAccountFactory.create(store=store, credits=500, allowance=100)

    def spend(index: int) -> int:
        held = hold(store_id=store.pk, amount=10, key=f"campaign:{index}:1", label="Spring")
        charge(reservation_id=held.pk, amount=10, key=f"batch:{index}:1", label="Spring")
        return 10

    results = at_once(CALLERS, spend)

    after = CreditAccount.objects.get(pk=account.pk)
    assert sum(result for result in results if isinstance(result, int)) == 600
    assert sum(isinstance(result, Problem) for result in results) == 40
    assert (after.balance, after.held, after.allowance, after.allowance_held) == (0, 0, 0, 0)
    assert find_drift() == []


def _assert_each_once() -> None:
    by_kind = {kind: LedgerEntry.objects.filter(kind=kind).count() for kind in ("purchase", "reversal", "refund")}
    assert by_kind == {"purchase": 5, "reversal": 1, "refund": 5}
    assert LedgerEntry.objects.filter(key="batch:same:1").count() == 1
    assert LedgerEntry.objects.filter(kind="allowance").count() == 2
    assert set(Payment.objects.values_list("status", flat=True)) == {"paid"}
    assert StripeEvent.objects.get().outcome == "applied"
    assert CreditReservation.objects.filter(state="closed").count() == 10


def test_a_hold_that_waits_for_a_top_up_is_judged_by_what_came(store: Store) -> None:
    """The account has nothing: what a hold takes is what a grant at the same moment brings."""
    CreditAccountFactory.create(store=store, credits=1)

    def act(index: int) -> str:
        if index % 2:
            grant(store_id=store.pk, amount=10, key=f"grant:{index}", label="Gift", actor=SYSTEM)
        else:
            hold(store_id=store.pk, amount=10, key=f"campaign:{index}:1", label="Spring")
        return "done"

    results = at_once(40, act)

    assert {type(result).__name__ for result in results} <= {"str", "InsufficientCredits"}
    assert find_drift() == []
