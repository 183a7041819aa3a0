"""Packages, checkouts, the portal and invoices over HTTP."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from audiences.models import Store
from billing.models import Package, Payment
from config.opaque import public_id
from tests.api.clients import V1, code, pointers, with_key
from tests.billing.cards import SECRET, Stripe, package, started, tell
from tests.factories import some_plans
from tests.simulator import Simulator

BILLING = f"{V1}/billing"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The stand-in for Stripe."""
    running = Simulator(tmp_path_factory.mktemp("simulator"))
    yield running
    running.stop()


@pytest.fixture
def stripe(simulator: Simulator, settings: Settings) -> Stripe:
    """Card payments, at the stand-in."""
    here = Stripe(simulator.url)
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = "sk_test_1", [SECRET]
    settings.STRIPE_API_BASE = here.url
    return here


def bought(**columns: Any) -> dict[str, Any]:
    """A body that buys 1000 credits."""
    return {"package": public_id(package().pk, kind="pkg"), **columns}


def test_packages_are_those_that_can_be_bought(api: APIClient) -> None:
    Package.objects.all().delete()
    package(1000, 4500)
    Package.objects.create(name="Old", credits=1, price_cents=1, active=False)

    [row] = api.get(f"{BILLING}/packages").json()["results"]

    shown = {name: row[name] for name in ("name", "credits", "price_cents", "currency")}
    assert shown == {"name": "1000 credits", "credits": 1000, "price_cents": 4500, "currency": "EUR"}


def test_without_keys_the_product_says_so(api: APIClient) -> None:
    assert code(api.post(f"{BILLING}/checkout", bought())) == (409, "PAYMENTS_UNAVAILABLE")
    assert code(api.post(f"{BILLING}/portal")) == (409, "PAYMENTS_UNAVAILABLE")
    assert api.get(f"{BILLING}/subscription").json()["managed_by"] == "staff"


@pytest.mark.usefixtures("stripe")
def test_with_keys_it_is_stripe_that_is_asked(api: APIClient) -> None:
    assert api.get(f"{BILLING}/subscription").json()["managed_by"] == "stripe"
    assert code(api.post(f"{BILLING}/portal")) == (409, "CONFLICT")


def test_a_checkout_is_a_page_to_pay_on_and_then_credits(api: APIClient, stripe: Stripe) -> None:
    answer = api.post(f"{BILLING}/checkout", bought(success_url="https://shop.example/thanks"))

    shown = answer.json()
    assert (answer.status_code, shown["status"], shown["credits"], shown["amount_cents"]) == (
        201,
        "pending",
        1000,
        4500,
    )
    assert shown["url"].startswith(stripe.url)
    tell(*stripe.do("pay", Payment.objects.get().session))
    assert api.get(f"{V1}/store/balance").json()["balance"] == 1000
    assert [row["kind"] for row in api.get(f"{BILLING}/ledger").json()["results"]] == ["purchase"]
    [invoice] = api.get(f"{BILLING}/invoices").json()["results"]
    assert (invoice["status"], invoice["amount_cents"]) == ("paid", 4500)


def test_the_same_key_is_one_checkout(api: APIClient, stripe: Stripe) -> None:
    body = bought()
    answers = [api.post(f"{BILLING}/checkout", body, headers={"Idempotency-Key": "k"}) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert Payment.objects.count() == 1


def test_only_owners_buy(store: Store, stripe: Stripe) -> None:
    client = with_key(store, "read", "send")

    assert code(client.post(f"{BILLING}/checkout", bought())) == (403, "FORBIDDEN")
    assert code(client.post(f"{BILLING}/portal")) == (403, "FORBIDDEN")


@pytest.mark.usefixtures("stripe")
@pytest.mark.parametrize("body", [{}, {"package": "pkg_x"}, {"plan": "gold"}, {"success_url": "nowhere"}])
def test_what_cannot_be_bought_is_named(api: APIClient, body: dict[str, Any]) -> None:
    answer = api.post(f"{BILLING}/checkout", body)

    assert code(answer) == (400, "VALIDATION_ERROR")
    assert len(pointers(answer)) == 1


def test_the_portal_is_stripes(api: APIClient, store: Store, stripe: Stripe) -> None:
    some_plans()
    started(store, plan="starter")

    answer = api.post(f"{BILLING}/portal", {"return_url": "https://shop.example/"})

    assert (answer.status_code, answer.json()["url"].startswith(stripe.url)) == (201, True)


def test_while_stripe_is_away_it_is_a_503(api: APIClient, stripe: Stripe) -> None:
    stripe.fail(9)

    answer = api.post(f"{BILLING}/checkout", bought())

    assert code(answer) == (503, "PAYMENTS_FAILED")
    assert answer["Retry-After"] == "5"
    stripe.fail(0)


def test_a_stranger_sees_no_invoices(stranger: APIClient, store: Store, stripe: Stripe) -> None:
    tell(*stripe.do("pay", started(store).session))

    assert stranger.get(f"{BILLING}/invoices").json()["results"] == []
