"""Stripe's subscriptions and invoices: what holds is what Stripe says now."""

import pytest

from audiences.models import Store
from billing.models import CreditAccount, Invoice, StripeEvent, Subscription
from billing.payments.inbox import apply_due
from billing.services import hold
from billing.subscriptions import set_plan
from config.audit import SYSTEM
from tests.billing.cards import Stripe, package, started, tell
from tests.billing.figures import Figures, figures

pytestmark = pytest.mark.usefixtures("plans")


def later() -> None:
    """What was put off is due."""
    StripeEvent.objects.update(next_try_at="2020-01-01T00:00:00Z")


@pytest.fixture
def subscribed(account: CreditAccount, store: Store, stripe: Stripe) -> Subscription:
    """The starter plan by card; all of its events told."""
    tell(*stripe.do("pay", started(store, plan="starter").session))
    return Subscription.objects.select_related("plan").get()


def test_a_new_period_brings_its_free_credits_once(subscribed: Subscription, stripe: Stripe) -> None:
    account = CreditAccount.objects.get()
    hold(store_id=subscribed.store_id, amount=200, key="campaign:1:1", label="Spring")
    events = stripe.do("change", subscribed.stripe_id, status="active", periods=1)

    tell(*events, *events)
    tell({**events[0], "id": "evt_again"})

    after = Subscription.objects.get()
    assert after.period_start == subscribed.period_end
    assert figures(account) == Figures(balance=100, allowance=500, allowance_held=200)


@pytest.mark.parametrize(
    ("word", "status"), [("past_due", "past_due"), ("unpaid", "unpaid"), ("canceled", "cancelled")]
)
def test_a_status_is_what_stripe_says_now(subscribed: Subscription, stripe: Stripe, word: str, status: str) -> None:
    before = stripe.do("change", subscribed.stripe_id, status="trialing")
    after = stripe.do("change", subscribed.stripe_id, status=word)

    tell(*after, *before)

    assert Subscription.objects.get().status == status


def test_the_end_of_an_old_subscription_does_not_end_a_new_one(
    subscribed: Subscription, stripe: Stripe, store: Store
) -> None:
    tell(*stripe.do("change", subscribed.stripe_id, status="canceled"))
    set_plan(store_id=store.pk, plan="pro", status="active", actor=SYSTEM)

    tell(*({**event, "id": "evt_late"} for event in stripe.do("change", subscribed.stripe_id, status="canceled")))

    assert (Subscription.objects.get().plan.code, Subscription.objects.get().status) == ("pro", "active")


def test_while_stripe_is_away_the_hint_waits(subscribed: Subscription, stripe: Stripe) -> None:
    events = stripe.do("change", subscribed.stripe_id, status="past_due")
    stripe.fail(0)
    Subscription.objects.filter(pk=subscribed.pk).update(version=7)
    tell(*events)

    later()
    apply_due(limit=5)

    assert Subscription.objects.get().status == "past_due"


def test_a_customer_that_is_not_ours_is_put_off(subscribed: Subscription, stripe: Stripe) -> None:
    CreditAccount.objects.update(stripe_customer="cus_other")

    tell(*stripe.do("change", subscribed.stripe_id, status="past_due"))

    assert Subscription.objects.get().status == "active"
    assert StripeEvent.objects.filter(applied_at=None).count() == 1


def test_invoices_are_kept_and_only_move_on(account: CreditAccount, store: Store, stripe: Stripe) -> None:
    events = stripe.do("pay", started(store, package_id=package().pk).session)
    kinds = [event["type"] for event in events]
    assert kinds[:2] == ["invoice.finalized", "invoice.paid"]

    tell(events[1], events[0])

    invoice = Invoice.objects.get()
    assert (invoice.status, invoice.amount_cents, invoice.currency) == ("paid", 4500, "EUR")
    assert invoice.number.startswith("HG-")
