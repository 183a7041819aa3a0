"""Prices, plans, the subscription, statements and caps over HTTP."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from audiences.models import Store
from billing.models import Plan
from billing.pricing import set_price
from billing.services import grant
from billing.standing import set_billing_hold
from billing.subscriptions import set_plan
from config.audit import SYSTEM
from config.opaque import public_id
from tests.api.clients import V1, code, pointers
from tests.factories import CampaignFactory, some_plans
from tests.steps import launched

BILLING = f"{V1}/billing"


def test_prices_show_what_is_in_force_and_what_is_to_come(api: APIClient) -> None:
    now = timezone.now()
    for days, credits in ((-9, 2), (-1, 3), (9, 4)):
        set_price(country="FR", credits_per_part=credits, valid_from=now + timedelta(days=days), actor=SYSTEM)
    set_price(country="", credits_per_part=5, valid_from=now - timedelta(days=1), actor=SYSTEM)

    rows = api.get(f"{BILLING}/prices").json()["results"]

    assert [(row["country"], row["credits_per_part"], row["in_force"]) for row in rows] == [
        ("", 5, True),
        ("FR", 4, False),
        ("FR", 3, True),
        ("FR", 2, False),
    ]


def test_plans_are_those_that_can_be_had(api: APIClient) -> None:
    some_plans()
    Plan.objects.create(code="old", name="Old", price_cents=1, interval="month", allowance=1, active=False)

    rows = api.get(f"{BILLING}/plans").json()["results"]

    assert [(row["code"], row["price_cents"], row["interval"], row["allowance"]) for row in rows] == [
        ("pro", 24000, "year", 1500),
        ("starter", 4000, "month", 300),
    ]


def test_a_store_without_a_plan_is_looked_after_by_staff(api: APIClient) -> None:
    assert api.get(f"{BILLING}/subscription").json() == {
        "plan": None,
        "status": None,
        "managed_by": "staff",
        "period": None,
        "ends_at_period_end": False,
        "required": False,
        "may_send": True,
        "reason": None,
        "detail": None,
        "refund_on": [],
    }


def test_a_plan_is_shown_with_its_period(api: APIClient, store: Store) -> None:
    some_plans()
    set_plan(store_id=store.pk, plan="starter", status="active", actor=SYSTEM)

    shown = api.get(f"{BILLING}/subscription").json()

    assert (shown["plan"]["name"], shown["status"], shown["may_send"]) == ("Starter", "active", True)
    assert shown["period"]["start"] < shown["period"]["end"]
    assert api.get(f"{V1}/store/balance").json()["allowance"] == 300


def test_it_says_why_nothing_may_be_sent(api: APIClient, store: Store, settings: Settings) -> None:
    settings.SUBSCRIPTION_REQUIRED = True
    shown = api.get(f"{BILLING}/subscription").json()
    assert (shown["required"], shown["may_send"], shown["reason"]) == (True, False, "SUBSCRIPTION_REQUIRED")

    set_billing_hold(store_id=store.pk, on=True, actor=SYSTEM, reason="Unpaid invoice")
    shown = api.get(f"{BILLING}/subscription").json()
    assert (shown["reason"], shown["detail"]) == ("BILLING_HOLD", "Sending is on hold by our billing: Unpaid invoice")


def test_sending_without_a_plan_is_forbidden(api: APIClient, store: Store, settings: Settings) -> None:
    settings.SUBSCRIPTION_REQUIRED = True
    campaign = CampaignFactory.create(store=store, people=1)

    answer = api.post(f"{V1}/campaigns/{_public(campaign.pk)}/enqueue")

    assert code(answer) == (403, "SUBSCRIPTION_REQUIRED")


def test_owners_set_caps_and_a_launch_beyond_is_refused_with_the_numbers(api: APIClient, store: Store) -> None:
    launched(store=store, people=3)
    changed = api.patch(f"{V1}/store", {"spend_cap_day": 5, "spend_cap_month": None})
    campaign = CampaignFactory.create(store=store, credits=0)

    answer = api.post(f"{V1}/campaigns/{_public(campaign.pk)}/enqueue")
    quote = api.get(f"{V1}/campaigns/{_public(campaign.pk)}/quote").json()

    assert (changed.json()["spend_cap_day"], changed.json()["spend_cap_campaign"]) == (5, None)
    assert code(answer) == (403, "SPEND_CAP")
    numbers = {"cap": "day", "limit": 5, "committed": 3, "required": 3, "left": 2}
    assert {name: answer.json()[name] for name in numbers} == numbers
    assert [(one["code"], one["facts"]) for one in quote["blockers"]] == [("SPEND_CAP", numbers)]


@pytest.mark.parametrize("cap", [0, -1, 10**16, "many"])
def test_a_cap_is_a_number_of_credits(api: APIClient, cap: object) -> None:
    answer = api.patch(f"{V1}/store", {"spend_cap_campaign": cap})

    assert [pointer for pointer, _ in pointers(answer)] == ["#/spend_cap_campaign"]


def test_a_statement_of_the_current_month(api: APIClient, store: Store) -> None:
    grant(store_id=store.pk, amount=100, key="g1", label="Welcome", actor=SYSTEM)

    shown = api.get(f"{BILLING}/statement").json()

    assert (shown["opening"], shown["closing"]) == ({"credits": 0, "allowance": 0}, {"credits": 100, "allowance": 0})
    assert shown["lines"] == [{"kind": "grant", "entries": 1, "credits": 100, "allowance": 0}]
    assert api.get(f"{BILLING}/statement?month={shown['month']}").json() == shown


@pytest.mark.parametrize("path", ["statement", "statement.csv"])
def test_a_month_that_is_none_is_a_400(api: APIClient, path: str) -> None:
    assert code(api.get(f"{BILLING}/{path}?month=13")) == (400, "VALIDATION_ERROR")


def test_the_entries_as_a_file(api: APIClient, stranger: APIClient, store: Store) -> None:
    grant(store_id=store.pk, amount=100, key="g1", label="Welcome", actor=SYSTEM)

    answer = api.get(f"{BILLING}/statement.csv")

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    lines = answer.getvalue().decode().splitlines()
    assert len(lines) == 2
    assert lines[1].endswith(",grant,100,0,100,Welcome,g1")
    assert len(stranger.get(f"{BILLING}/statement.csv").getvalue().decode().splitlines()) == 1


def _public(number: int) -> str:
    return public_id(number, kind="cmp")
