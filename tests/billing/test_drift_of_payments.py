"""What the doctor says of payments, plans and links; each falsified behind the services' back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audiences.models import Store
from billing.drift import Drift, repair
from billing.drift_of_payments import links, plans, purchases, reversals
from billing.models import CreditAccount, LedgerEntry, Package, Payment, Subscription
from billing.services import charge, grant, hold, refund, reverse
from billing.subscriptions import set_plan
from config.audit import SYSTEM, Actor
from config.models import AuditEvent
from tests.billing.figures import Figures, figures
from tests.factories import CreditAccountFactory


@pytest.fixture(autouse=True)
def sound_books() -> None:
    """These tests break what the others prove: no proof afterwards."""


@pytest.fixture
def paid(account: CreditAccount, store: Store) -> Payment:
    """100 credits by card, ten of them taken back."""
    package = Package.objects.create(name="100", credits=100, price_cents=450)
    facts: dict[str, Any] = {"status": "paid", "session": "cs_1", "intent": "pi_1", "paid_at": timezone.now()}
    price: dict[str, Any] = {"credits": 100, "credits_taken": 10, "amount_cents": 450, "currency": "EUR"}
    payment = Payment.objects.create(store=store, kind="package", package=package, actor="system", **facts, **price)
    grant(store_id=store.pk, amount=100, key="stripe:cs_1", label="100", actor=SYSTEM, kind="purchase")
    reverse(purchase_key="stripe:cs_1", amount=-10, key="stripe:ch_1:refunded:45", label="Refunded")
    return payment


@pytest.fixture
def plan(plans: None, account: CreditAccount, store: Store) -> Subscription:
    """The starter plan."""
    return set_plan(store_id=store.pk, plan="starter", status="active", actor=SYSTEM)


def falsify(sql: str, *values: str | int) -> None:
    """Write past triggers, as a mistake in the database would."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def all_checks() -> list[Drift]:
    """What these four find."""
    return [drift for check in (purchases, reversals, links, plans) for drift in check()]


# Payments -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("paid", "plan")
def test_sound_payments_and_plans_have_no_drift() -> None:
    assert all_checks() == []


def test_a_paid_package_that_is_not_in_the_ledger(paid: Payment) -> None:
    falsify("DELETE FROM billing_ledgerentry WHERE key = 'stripe:cs_1'")

    assert purchases() == [Drift("payment.purchase", f"payment:{paid.pk}", expected=100, found=0)]


def test_a_package_that_brought_other_credits(paid: Payment) -> None:
    falsify("UPDATE billing_ledgerentry SET amount = 1000 WHERE key = 'stripe:cs_1'")

    assert purchases() == [Drift("payment.purchase", f"payment:{paid.pk}", expected=100, found=1000)]


@pytest.mark.parametrize("status", ["pending", "failed", "expired"])
def test_credits_of_a_payment_that_was_not_paid(paid: Payment, status: str) -> None:
    falsify("UPDATE billing_payment SET status = %s", status)
    entry = LedgerEntry.objects.get(key="stripe:cs_1")

    assert purchases() == [Drift("entry.payment", f"entry:{entry.pk}", expected=0, found=100)]


def test_credits_that_nobody_paid_for(account: CreditAccount, store: Store) -> None:
    grant(store_id=store.pk, amount=7, key="stripe:cs_9", label="Forged", actor=SYSTEM, kind="purchase")

    assert [(drift.name, drift.found) for drift in purchases()] == [("entry.payment", 7)]


def test_a_plan_that_was_paid_brings_no_entry_and_is_no_drift(paid: Payment, plan: Subscription) -> None:
    Payment.objects.create(
        store_id=paid.store_id,
        kind="plan",
        plan=plan.plan,
        amount_cents=4000,
        currency="EUR",
        status="paid",
        session="cs_2",
        paid_at=timezone.now(),
        actor="system",
    )

    assert all_checks() == []


@pytest.mark.parametrize("taken", [0, 9, 100])
def test_credits_taken_that_no_entry_proves(paid: Payment, taken: int) -> None:
    Payment.objects.update(credits_taken=taken)

    assert reversals() == [Drift("payment.taken", f"payment:{paid.pk}", expected=10, found=taken)]


# Links --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def refunded(account: CreditAccount, store: Store) -> LedgerEntry:
    """A refund of two of five charged credits."""
    held = hold(store_id=store.pk, amount=5, key="campaign:1:1", label="Spring")
    charge(reservation_id=held.pk, amount=5, key="batch:1:1", label="Spring")
    refund(charge_key="batch:1:1", amount=2, key="refund:1", label="Undelivered")
    return LedgerEntry.objects.get(key="refund:1")


def test_a_refund_of_nothing(refunded: LedgerEntry) -> None:
    falsify("UPDATE billing_ledgerentry SET refers_to_id = NULL WHERE key = 'refund:1'")

    assert links() == [Drift("entry.refers_to", f"entry:{refunded.pk}", expected=0, found=0)]


def test_a_refund_of_an_entry_that_is_gone(refunded: LedgerEntry) -> None:
    falsify("UPDATE billing_ledgerentry SET refers_to_id = 999999 WHERE key = 'refund:1'")

    assert links() == [Drift("entry.refers_to", f"entry:{refunded.pk}", expected=0, found=999999)]


def test_a_refund_of_somebody_elses_debit(refunded: LedgerEntry) -> None:
    other = LedgerEntry.objects.get(account=CreditAccountFactory.create())
    falsify("UPDATE billing_ledgerentry SET refers_to_id = %s WHERE key = 'refund:1'", other.pk)

    assert links() == [Drift("entry.refers_to", f"entry:{refunded.pk}", expected=0, found=other.pk)]


@pytest.mark.usefixtures("paid")
def test_a_reversal_of_nothing() -> None:
    falsify("UPDATE billing_ledgerentry SET refers_to_id = NULL WHERE kind = 'reversal'")

    assert {drift.name for drift in all_checks()} == {"entry.refers_to", "payment.taken"}


# Plans --------------------------------------------------------------------------------------------------------------


def test_a_period_without_its_free_credits_is_mended(plan: Subscription, account: CreditAccount) -> None:
    Subscription.objects.update(period_start=plan.period_start - timedelta(days=1))
    [drift] = plans()
    assert drift == Drift("subscription.allowance", f"subscription:{plan.pk}", expected=300, found=0)

    assert repair(drift, actor=Actor("command:doctor"))

    assert plans() == []
    assert figures(account) == Figures(balance=100, allowance=300)
    assert AuditEvent.objects.get(action="subscription.repair").actor == "command:doctor"


def test_a_mended_period_is_not_mended_twice(plan: Subscription, account: CreditAccount) -> None:
    stale = Drift("subscription.allowance", f"subscription:{plan.pk}", expected=300, found=0)

    assert not repair(stale)
    assert figures(account) == Figures(balance=100, allowance=300)


def test_what_is_gone_or_may_not_send_is_not_mended(plan: Subscription, store: Store) -> None:
    set_plan(store_id=store.pk, plan="starter", status="past_due", actor=SYSTEM)

    assert not repair(Drift("subscription.allowance", f"subscription:{plan.pk}", expected=300, found=0))
    assert not repair(Drift("subscription.allowance", "subscription:0", expected=300, found=0))


@pytest.mark.parametrize(("hours", "found"), [(0.5, []), (3.0, ["subscription.period"])])
def test_a_period_that_nobody_renews(plan: Subscription, hours: float, found: list[str]) -> None:
    ended = timezone.now() - timedelta(hours=hours)
    Subscription.objects.filter(pk=plan.pk).update(period_start=ended - timedelta(days=30), period_end=ended)
    falsify(
        "UPDATE billing_ledgerentry SET key = (SELECT 'allowance:' || s.id || ':' || s.plan_id || ':' || "
        "to_char(s.period_start AT TIME ZONE 'UTC', 'YYYYMMDD\"T\"HH24MISS.US') FROM billing_subscription s)"
        " WHERE kind = 'allowance'"
    )

    assert [drift.name for drift in plans()] == found


def test_stripes_periods_are_stripes(plan: Subscription) -> None:
    Subscription.objects.update(managed_by="stripe", stripe_id="sub_1")
    ended = timezone.now() - timedelta(days=1)
    Subscription.objects.filter(pk=plan.pk).update(period_start=ended - timedelta(days=30), period_end=ended)

    assert "subscription.period" not in {drift.name for drift in plans()}
