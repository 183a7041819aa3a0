"""Events that wait, are tried again, and come many at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audiences.models import Store
from billing.drift import find_drift
from billing.models import CreditAccount, LedgerEntry, Payment, StripeEvent
from billing.payments.inbox import HANDLERS, apply, apply_due
from billing.tasks import follow_payments, renew_plans
from config.models import SweepRun
from tests.billing.cards import Stripe, started, tell
from tests.billing.figures import Figures, figures
from tests.races import at_once

pytestmark = pytest.mark.usefixtures("plans")


def refund_of_nobody(**columns: Any) -> StripeEvent:
    """An event about a payment that has not been heard of."""
    facts = {"id": "ch_9", "payment_intent": "pi_9", "amount_refunded": 1}
    told: dict[str, Any] = {"event_id": "evt_9", "kind": "charge.refunded", "happened_at": timezone.now()}
    return StripeEvent.objects.create(facts=facts, **{**told, **columns})


def test_what_cannot_be_applied_waits_longer_each_time(db: None) -> None:
    event = refund_of_nobody()
    waits = []
    for _ in range(12):
        event.refresh_from_db()
        before = timezone.now()
        assert not apply(event)
        event.refresh_from_db()
        waits.append(round((event.next_try_at - before).total_seconds()))

    assert waits == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]
    assert (event.tries, event.applied_at, event.error) == (12, None, "NotYet: ")


def test_only_what_is_due_is_tried(db: None) -> None:
    refund_of_nobody(next_try_at=timezone.now() + timedelta(minutes=1))
    refund_of_nobody(event_id="evt_1", applied_at=timezone.now(), outcome="applied")

    assert apply_due(limit=5) == {"events": 0, "applied": 0}


def test_the_longest_due_comes_first_and_no_more_than_the_limit(db: None) -> None:
    for number in range(5):
        at = timezone.now() - timedelta(minutes=number)
        refund_of_nobody(event_id=f"evt_{number}", kind="plan.created", next_try_at=at)

    assert apply_due(limit=2) == {"events": 2, "applied": 2}

    left = StripeEvent.objects.filter(applied_at=None).order_by("event_id").values_list("event_id", flat=True)
    assert list(left) == ["evt_0", "evt_1", "evt_2"]


def test_after_three_days_it_is_given_up_with_the_reason(db: None) -> None:
    refund_of_nobody(received_at=timezone.now() - timedelta(days=3, minutes=1))

    assert apply_due(limit=5) == {"events": 1, "applied": 0}

    event = StripeEvent.objects.get()
    assert event.applied_at
    assert (event.outcome, event.error) == ("given_up", "NotYet: ")


def test_what_was_applied_is_not_touched_again(account: CreditAccount, store: Store, stripe: Stripe) -> None:
    tell(*stripe.do("pay", started(store).session))
    event = StripeEvent.objects.get(kind="checkout.session.completed")

    assert apply(event)

    after = StripeEvent.objects.get(pk=event.pk)
    assert (after.tries, after.applied_at) == (event.tries, event.applied_at)
    assert figures(account) == Figures(balance=1100)


def test_a_crash_between_booking_and_marking_books_nothing_twice(
    account: CreditAccount, store: Store, stripe: Stripe
) -> None:
    payment = started(store)
    events = stripe.do("pay", payment.session)
    tell(*events, *stripe.do("refund", events[-1]["data"]["object"]["payment_intent"], 450))
    StripeEvent.objects.update(applied_at=None, outcome="")

    apply_due(limit=50)

    assert figures(account) == Figures(balance=1000)
    assert LedgerEntry.objects.filter(kind__in=["purchase", "reversal"]).count() == 2
    assert not StripeEvent.objects.filter(applied_at=None).exists()


def test_every_kind_that_is_handled_is_known_to_the_page() -> None:
    """docs/billing.md tells operators which events to ask Stripe for."""
    families = {"checkout.session", "charge", "charge.dispute", "customer.subscription", "invoice"}

    assert {kind.rpartition(".")[0] for kind in HANDLERS} == families


def test_the_sweeps_are_recorded(db: None) -> None:
    refund_of_nobody()

    assert follow_payments() == {"events": 1, "applied": 0, "asked": 0, "settled": 0, "expired": 0}
    assert renew_plans() == {"renewed": 0}

    assert set(SweepRun.objects.values_list("name", "runs")) == {
        ("billing.follow_payments", 1),
        ("billing.renew_plans", 1),
    }


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_one_webhook_many_times_at_once_is_booked_once(account: CreditAccount, store: Store, stripe: Stripe) -> None:
    events = stripe.do("pay", started(store).session)

    results = at_once(12, lambda _: tell(*events))

    assert {tuple(codes) for codes in results if isinstance(codes, list)} == {(200, 200, 200)}
    assert len(results) == 12
    assert figures(account) == Figures(balance=1100)
    assert LedgerEntry.objects.filter(kind="purchase").count() == 1
    assert Payment.objects.get().status == "paid"
    assert find_drift() == []


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_refunds_and_disputes_at_once_take_what_they_are_worth(
    account: CreditAccount, store: Store, stripe: Stripe
) -> None:
    [*_, done] = paid = stripe.do("pay", started(store).session)
    intent = done["data"]["object"]["payment_intent"]
    tell(*paid)
    steps = [*stripe.do("refund", intent, 450), *stripe.do("refund", intent, 450), *stripe.do("refund", intent, 900)]
    steps += [*stripe.do("dispute", intent, won=False), *stripe.do("dispute", intent, won=True)]

    results = at_once(10, lambda n: tell(steps[n % 5]))

    assert [codes for codes in results if codes != [200]] == []
    assert figures(account) == Figures(balance=700)  # 18 of 45 EUR went back
    assert find_drift() == []
