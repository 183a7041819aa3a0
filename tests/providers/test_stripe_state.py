"""What the stand-in for Stripe remembers, without the wire."""

import hashlib
import hmac
from typing import Any

import pytest

from providers.simulator.stripe_state import MONTH, YEAR, StripeState, signed

NOW = 1_790_000_000


@pytest.fixture
def state() -> StripeState:
    """An empty one, whose clock stands still."""
    return StripeState(clock=lambda: float(NOW))


def price(**more: Any) -> dict[str, Any]:
    """One thing to buy, as the form says it."""
    return {"0": {"price_data": {"currency": "eur", "unit_amount": "4500", **more}}}


def session(state: StripeState, mode: str = "payment", **more: Any) -> dict[str, Any]:
    """An open session."""
    asked = {"mode": mode, "customer": "cus_1", "client_reference_id": "pay_1", "success_url": "s", "cancel_url": "c"}
    return state.session({**asked, "line_items": price(), **more}, pages="http://stand-in")


def subscribed(state: StripeState, interval: str) -> dict[str, Any]:
    """A subscription that was paid."""
    goods = {"line_items": price(recurring={"interval": interval}), "subscription_data": {"metadata": {"plan": "pro"}}}
    state.pay(session(state, "subscription", **goods)["id"])
    [found] = [thing for thing in state.things.values() if thing["object"] == "subscription"]
    return found


def kinds(events: list[dict[str, Any]]) -> list[str]:
    """What they tell."""
    return [event["type"] for event in events]


def test_ids_are_like_stripes_and_never_twice(state: StripeState) -> None:
    made = [state.customer({"name": "shop"})["id"] for _ in range(3)]

    assert len(set(made)) == 3
    assert all(name.startswith("cus_") for name in made)


def test_an_open_session_is_unpaid(state: StripeState) -> None:
    made = session(state)

    assert (made["status"], made["payment_status"], made["payment_intent"]) == ("open", "unpaid", None)
    assert (made["amount_total"], made["url"]) == (4500, f"http://stand-in/pay/{made['id']}")
    assert state.events == []


def test_a_payment_makes_an_intent_a_charge_and_an_invoice(state: StripeState) -> None:
    made = session(state)

    events = state.pay(made["id"])

    assert kinds(events) == ["invoice.finalized", "invoice.paid", "checkout.session.completed"]
    intent = state.things[made["payment_intent"]]
    assert state.things[intent["latest_charge"]]["amount_refunded"] == 0
    assert (events[0]["data"]["object"]["status"], events[1]["data"]["object"]["status"]) == ("open", "paid")


def test_an_event_tells_of_a_thing_as_it_was_then(state: StripeState) -> None:
    made = session(state)
    state.pay(made["id"])
    intent = made["payment_intent"]

    first, second = *state.refund(intent, 450), *state.refund(intent, 50)

    refunded = [event["data"]["object"]["amount_refunded"] for event in (first, second)]
    assert refunded == [450, 500]


def test_an_expired_session_cannot_be_paid(state: StripeState) -> None:
    made = session(state)

    assert kinds(state.expire(made["id"])) == ["checkout.session.expired"]
    assert state.pay(made["id"]) == []


@pytest.mark.parametrize(("interval", "length"), [("month", MONTH), ("year", YEAR)])
def test_a_subscription_has_a_period_and_goes_on(state: StripeState, interval: str, length: int) -> None:
    made = subscribed(state, interval)
    item = made["items"]["data"][0]
    assert (made["status"], made["metadata"]) == ("active", {"plan": "pro"})
    assert (item["current_period_start"], item["current_period_end"]) == (NOW, NOW + length)

    events = state.change(made["id"], status="past_due", periods=2)

    assert kinds(events) == ["customer.subscription.updated"]
    assert (item["current_period_start"], made["status"]) == (NOW + 2 * length, "past_due")


def test_the_end_of_a_subscription_is_told_as_such(state: StripeState) -> None:
    assert kinds(state.change(subscribed(state, "month")["id"], status="canceled")) == ["customer.subscription.deleted"]


def test_a_dispute_is_one_thing_with_two_words(state: StripeState) -> None:
    made = session(state)
    state.pay(made["id"])

    told = [*state.dispute(made["payment_intent"], won=False), *state.dispute(made["payment_intent"], won=True)]

    assert kinds(told) == ["charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"]
    assert told[0]["data"]["object"]["id"] == told[1]["data"]["object"]["id"]


def test_a_webhook_is_signed_as_stripe_does() -> None:
    body, signature = signed({"id": "evt_1"}, secret="whsec_1", at=NOW + 0.9)

    expected = hmac.new(b"whsec_1", b"%d.%s" % (NOW, body), hashlib.sha256).hexdigest()
    assert (body, signature) == (b'{"id": "evt_1"}', f"t={NOW},v1={expected}")
