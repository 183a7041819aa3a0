"""What Stripe's objects mean to us."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from billing.payments import gateway
from billing.payments.gateway import PaymentsFailed, PaymentsUnavailable, Session, Subscribed, available, client
from tests.billing.cards import Stripe

SUBSCRIPTION: dict[str, Any] = {
    "id": "sub_1",
    "customer": "cus_1",
    "status": "active",
    "metadata": {"plan": "starter"},
    "cancel_at_period_end": False,
    "items": {"data": [{"current_period_start": 1_790_000_000, "current_period_end": 1_792_592_000}]},
}
SESSION: dict[str, Any] = {
    "id": "cs_1",
    "status": "complete",
    "payment_status": "paid",
    "client_reference_id": "pay_1",
    "payment_intent": "pi_1",
    "amount_total": 4500,
}


def test_a_session() -> None:
    assert Session.of(SESSION) == Session("cs_1", "complete", "paid", "pay_1", "pi_1", 4500)


def test_a_session_of_a_subscription_has_no_intent() -> None:
    shown = Session.of({**SESSION, "payment_intent": None, "client_reference_id": None, "status": None})

    assert (shown.intent, shown.reference, shown.status) == (None, "", "open")


def test_a_subscription_and_its_period() -> None:
    shown = Subscribed.of(SUBSCRIPTION)

    assert (shown.id, shown.customer, shown.plan, shown.ends_at_period_end) == ("sub_1", "cus_1", "starter", False)
    assert (shown.start, shown.end) == (
        datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC),
        datetime(2026, 10, 21, 14, 13, 20, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("canceled", "cancelled"), ("active", "active"), ("past_due", "past_due"), ("incomplete_expired",) * 2],
)
def test_their_words_are_ours_but_for_one(theirs: str, ours: str) -> None:
    assert Subscribed.of({**SUBSCRIPTION, "status": theirs}).status == ours


@pytest.mark.parametrize(
    ("key", "secrets", "expected"),
    [("sk_1", ["whsec_1"], True), ("", ["whsec_1"], False), ("sk_1", [], False), ("", [], False)],
)
def test_cards_need_a_key_and_a_webhooks_secret(
    settings: Settings, key: str, secrets: list[str], expected: bool
) -> None:
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = key, secrets

    assert available() == expected
    if not expected:
        with pytest.raises(PaymentsUnavailable):
            client()


@pytest.mark.usefixtures("db")
def test_what_stripe_does_not_know_is_a_failure(stripe: Stripe) -> None:
    with pytest.raises(PaymentsFailed):
        gateway.session("cs_none")
    with pytest.raises(PaymentsFailed):
        gateway.subscription("sub_none")


@pytest.mark.usefixtures("db", "stripe")
def test_a_stripe_that_cannot_be_reached_is_a_failure(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    monkeypatch.setattr(gateway, "RETRIES", 0)

    with pytest.raises(PaymentsFailed) as failure:
        gateway.session("cs_1")

    assert failure.value.facts == {"retry_after": 5}
