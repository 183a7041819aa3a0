"""What staff does to plans, holds, refunds and payments."""

from typing import Any

from django.test import Client
from django.urls import reverse

from audiences.models import Store
from billing.models import Package, Payment, Subscription
from billing.subscriptions import set_plan
from config.audit import SYSTEM
from config.models import AuditEvent
from tests.admin.test_operations import ask, told
from tests.factories import CreditAccountFactory, some_plans


def test_staff_sets_a_plan_with_its_free_credits(ops: Client, store: Store) -> None:
    some_plans()
    account = CreditAccountFactory.create(store=store)

    answer = ask(ops, "set_plan", account, plan="pro", status="active", reason="Agreed by phone")

    account.refresh_from_db()
    assert "Pro is active until 20" in told(answer)[0]
    assert account.allowance == 1500
    assert AuditEvent.objects.get(action="subscription.set").reason == "Agreed by phone"


def test_staff_puts_a_store_on_hold_and_takes_it_off(ops: Client, store: Store) -> None:
    account = CreditAccountFactory.create(store=store)

    ask(ops, "hold", account, reason="Unpaid invoice")
    account.refresh_from_db()
    assert (account.hold_since is not None, account.hold_reason) == (True, "Unpaid invoice")
    again = ask(ops, "hold", account, reason="Twice")
    ask(ops, "lift_hold", account, reason="Paid")

    account.refresh_from_db()
    assert (account.hold_since, account.hold_reason) == (None, "")
    assert "on hold already" in told(again)[0]


def test_staff_sets_the_refunds_of_a_store(ops: Client, store: Store) -> None:
    account = CreditAccountFactory.create(store=store)

    answer = ask(ops, "refund_policy", account, reasons=["unreachable", "invalid_number"], reason="Agreed")

    account.refresh_from_db()
    assert account.refund_on == ["invalid_number", "unreachable"]
    assert "gets credits back for: unreachable, invalid_number." in told(answer)[0]
    ask(ops, "refund_policy", account, reason="Ended")
    account.refresh_from_db()
    assert account.refund_on == []


def test_a_plan_of_stripes_is_left_alone_and_staff_is_told(ops: Client, store: Store) -> None:
    some_plans()
    account = CreditAccountFactory.create(store=store)
    set_plan(store_id=store.pk, plan="starter", status="active", actor=SYSTEM)
    Subscription.objects.update(managed_by="stripe", stripe_id="sub_1")

    answer = ask(ops, "set_plan", account, plan="pro", status="active", reason="Agreed")

    assert "This subscription is Stripe's" in told(answer)[0]
    assert Subscription.objects.get().plan.code == "starter"


def test_the_page_of_an_account_offers_one_end_of_the_hold(ops: Client, store: Store) -> None:
    account = CreditAccountFactory.create(store=store)
    path = reverse("admin:billing_creditaccount_change", args=[account.pk])
    assert b"Put on hold" in ops.get(path).content
    assert b"Take off hold" not in ops.get(path).content

    ask(ops, "hold", account, reason="Unpaid invoice")

    page = ops.get(path).content
    assert (b"Put on hold" in page, b"Take off hold" in page, b"Unpaid invoice" in page) == (False, True, True)


def test_payments_are_found_by_what_stripe_calls_them(ops: Client, store: Store) -> None:
    package = Package.objects.create(name="Credits", credits=10, price_cents=45)
    price: dict[str, Any] = {"credits": 10, "amount_cents": 45, "currency": "EUR", "actor": "system"}
    for session in ("cs_1", "cs_2"):
        Payment.objects.create(store=store, kind="package", package=package, session=session, **price)

    page = ops.get(reverse("admin:billing_payment_changelist"), {"q": "cs_2"}).content.decode()

    assert "1 payment" in page
    assert "2 payments" not in page
