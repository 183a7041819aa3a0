"""Whatever goes back of a payment, in whatever order and however often, the books say what it is worth."""

from itertools import count
from typing import Any

from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from audiences.models import Store
from billing.drift import find_drift
from billing.models import CreditAccount, LedgerEntry, Package, Payment
from billing.payments.settle import settle_dispute, take_back_refunded
from billing.services import grant
from config.audit import SYSTEM

numbers = count()
CENTS, CREDITS = 4500, 1000
REFUND = st.tuples(st.just("refund"), st.integers(1, CENTS), st.just(0))
DISPUTE = st.tuples(st.sampled_from(["withdrawn", "won"]), st.integers(1, CENTS), st.integers(0, 2))


def bought(store: Store) -> Payment:
    """1000 credits for 45 EUR."""
    number = next(numbers)
    package = Package.objects.create(name="1000", credits=CREDITS, price_cents=CENTS)
    facts: dict[str, Any] = {"status": "paid", "session": f"cs_{number}", "intent": f"pi_{number}"}
    price: dict[str, Any] = {"credits": CREDITS, "amount_cents": CENTS, "currency": "EUR", "paid_at": timezone.now()}
    grant(store_id=store.pk, amount=CREDITS, key=f"stripe:cs_{number}", label="1000", actor=SYSTEM, kind="purchase")
    return Payment.objects.create(store=store, kind="package", package=package, actor="system", **facts, **price)


def worth(cents: int) -> int:
    """Credits, rounded up."""
    return min(CREDITS, -(-CREDITS * cents // CENTS))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(REFUND, DISPUTE), max_size=8), twice=st.booleans())
@example(steps=[("refund", CENTS, 0), ("withdrawn", CENTS, 0), ("won", CENTS, 0)], twice=True)
@example(steps=[("won", 900, 1), ("withdrawn", 900, 1)], twice=False)
def test_what_is_taken_is_what_went_back(
    db: None, store: Store, steps: list[tuple[str, int, int]], twice: bool
) -> None:
    payment = bought(store)
    prefix, refunded, disputes = f"p{payment.pk}", 0, dict[int, int]()
    won: set[int] = set()
    before = CreditAccount.objects.get(store=store).balance

    for name, cents, which in steps:
        for _ in range(2 if twice else 1):
            if name == "refund":
                take_back_refunded(intent=payment.intent or "", charge=f"{prefix}:ch", refunded_cents=cents)
            else:
                dispute = f"{prefix}:dp_{which}"
                settle_dispute(intent=payment.intent or "", dispute=dispute, cents=900, won=name == "won")
        if name == "refund":
            refunded = max(refunded, cents)
        else:
            disputes[which] = 900
            won |= {which} if name == "won" else set()

    lost = [refunded, *(cents for which, cents in disputes.items() if which not in won)]
    expected = min(CREDITS, sum(worth(cents) for cents in lost))
    payment.refresh_from_db()
    assert payment.credits_taken == expected
    assert CreditAccount.objects.get(store=store).balance == before - expected
    entries = LedgerEntry.objects.filter(kind="reversal", refers_to__key=f"stripe:{payment.session}")
    assert -sum(entries.values_list("amount", flat=True)) == expected
    assert find_drift() == []
