"""Billing in the console: what can be bought and by whom, statements, the plan, limits and prices."""

import re
from datetime import date

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from audiences.models import Store
from billing.models import Invoice, Package
from billing.subscriptions import set_plan
from config.audit import SYSTEM
from messaging.console.billing import months_before
from tests.billing.cards import package
from tests.console.conftest import as_member
from tests.factories import CreditAccountFactory, some_plans


@pytest.fixture
def cards(settings: Settings) -> None:
    """Cards are taken."""
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = "sk_test_1", ["whsec_tests"]


def bodies(page: str) -> list[str]:
    return re.findall(r'data-api="POST billing/checkout" data-body=\'\{"(\w+)"', page)


@pytest.mark.usefixtures("cards")
def test_an_owner_buys_a_package_or_a_plan(owner: Client) -> None:
    Package.objects.all().delete()
    package(1000, 4500)
    some_plans()

    page = owner.get("/billing/buy").content.decode()

    assert bodies(page) == ["package", "plan", "plan"]
    assert "45.00 EUR" in page
    assert page.count("data-once") == 3
    assert page.count('data-next="{url}"') == 3


@pytest.mark.usefixtures("cards")
@pytest.mark.parametrize("role", ["viewer", "manager"])
def test_only_owners_buy(store: Store, role: str) -> None:
    package()

    page = as_member(store, role).get("/billing/buy").content.decode()

    assert bodies(page) == []
    assert "Only owners buy." in page


def test_without_cards_the_page_says_whom_to_ask(owner: Client) -> None:
    package()

    page = owner.get("/billing/buy").content.decode()

    assert 'data-code="PAYMENTS_UNAVAILABLE"' in page
    assert bodies(page) == []


@pytest.mark.usefixtures("cards")
def test_nothing_to_buy_is_said(owner: Client) -> None:
    Package.objects.all().delete()

    page = owner.get("/billing/buy").content.decode()

    assert "There are no packages at the moment." in page


def test_who_comes_back_from_paying_is_told_what_comes(owner: Client) -> None:
    assert "The credits come as soon as" in owner.get("/billing/buy?paid=yes").content.decode()
    assert "Nothing was paid." in owner.get("/billing/buy?paid=no").content.decode()


def test_a_statement_adds_up_and_can_be_taken_along(store: Store, owner: Client) -> None:
    CreditAccountFactory.create(store=store, credits=1200)
    month = f"{timezone.localtime():%Y-%m}"

    page = owner.get(f"/billing/invoices?month={month}").content.decode()

    assert re.findall(r'strong">([\d,]+)</td>', page) == ["1,200", "0"]
    assert f"/api/v1/billing/statement.csv?month={month}" in page
    assert "No invoice yet" in page


def test_a_month_that_there_is_not_is_refused(owner: Client) -> None:
    answer = owner.get("/billing/invoices?month=2026-13")

    assert answer.status_code == 400
    assert b"VALIDATION_ERROR" in answer.content


def test_invoices_are_the_stores_own(store: Store, other_store: Store, owner: Client) -> None:
    for whose, number in ((store, "A-1"), (other_store, "B-2")):
        Invoice.objects.create(
            store=whose,
            stripe_id=f"in_{number}",
            number=number,
            status="paid",
            amount_cents=4000,
            currency="EUR",
            page_url="https://pay.example/1",
            pdf_url="https://pay.example/1.pdf",
            issued_at=timezone.now(),
        )

    page = owner.get("/billing/invoices").content.decode()

    assert ("A-1" in page, "B-2" in page, "40.00 EUR" in page) == (True, False, True)
    assert "https://pay.example/1.pdf" in page


def test_months_go_back_a_year() -> None:
    months = months_before(date(2026, 2, 28))

    assert (months[0], months[2], months[-1], len(months)) == ("2026-02", "2025-12", "2025-02", 13)


def test_the_plan_and_its_allowance_are_shown(store: Store, owner: Client) -> None:
    some_plans()
    set_plan(store_id=store.pk, plan="starter", status="active", actor=SYSTEM)

    page = owner.get("/billing/plan").content.decode()

    assert "40.00 EUR" in page
    assert "Active" in page
    assert "Messages that a provider accepted are charged, delivered or not." in page
    assert "A part is one credit, to every country." in page


def test_a_store_that_may_not_send_is_told_why(settings: Settings, owner: Client) -> None:
    settings.SUBSCRIPTION_REQUIRED = True

    page = owner.get("/billing/plan").content.decode()

    assert 'data-code="SUBSCRIPTION_REQUIRED"' in page
    assert "Sending needs one." in page


@pytest.mark.parametrize(("role", "buttons"), [("owner", 1), ("manager", 0)])
def test_limits_are_the_owners(store: Store, role: str, buttons: int) -> None:
    Store.objects.filter(pk=store.pk).update(spend_cap_day=12_000)

    page = as_member(store, role).get("/billing/plan").content.decode()

    assert 'name="spend_cap_day" type="number" min="1" data-type="number" value="12000"' in page
    assert len(re.findall(r"<button[^>]*>Save", page)) == buttons
