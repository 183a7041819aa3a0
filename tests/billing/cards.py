"""The stand-in for Stripe, and the road of a payment step by step."""

import time
from typing import Any

import requests
from django.test import Client

from audiences.models import Store
from billing.models import Package, Payment
from billing.payments.checkout import Order, start_checkout
from config.audit import SYSTEM
from providers.simulator.stripe_state import signed

SECRET = "whsec_tests"
HOOK = "/webhooks/stripe"


class Stripe:
    """What happens at Stripe, at the simulator's address; events come back as Stripe would send them."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/stripe"

    def do(self, what: str, *about: Any, **facts: Any) -> list[dict[str, Any]]:
        """pay, expire, refund, dispute or change something; the events."""
        answer = requests.post(f"{self.url}/_do", json={"do": what, "about": about, **facts}, timeout=5)
        return answer.json()["events"]

    def fail(self, times: int) -> None:
        """Answer the next calls with a 500."""
        requests.put(f"{self.url}/_faults", json={"fail": times}, timeout=5)


def package(credits: int = 1000, cents: int = 4500) -> Package:
    """Something to buy."""
    return Package.objects.create(name=f"{credits} credits", credits=credits, price_cents=cents)


def order(**goods: Any) -> Order:
    """An order of `package_id=…` or `plan=…`."""
    home: dict[str, Any] = {"success_url": "https://shop.example/ok", "cancel_url": "https://shop.example/no"}
    return Order(**{"package_id": None, "plan": None, **goods}, **home)


def started(store: Store, **goods: Any) -> Payment:
    """A checkout that waits to be paid; of 1000 credits unless told otherwise."""
    goods = goods or {"package_id": package().pk}
    return start_checkout(store=store, order=order(**goods), actor=SYSTEM).payment


def tell(*events: dict[str, Any], secret: str = SECRET, late: float = 0.0) -> list[int]:
    """Deliver events to our webhook, signed `late` seconds ago; the answers."""
    client = Client(raise_request_exception=False)
    codes = []
    for event in events:
        body, signature = signed(event, secret=secret, at=time.time() - late)
        answer = client.post(HOOK, body, content_type="application/json", headers={"Stripe-Signature": signature})
        codes.append(answer.status_code)
    return codes
