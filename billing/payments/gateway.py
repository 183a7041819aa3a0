"""Stripe, by its own library. No database transaction may be open while it is asked."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

import stripe
from django.conf import settings

from config.problems import Conflict, Problem
from config.sql import assert_no_transaction

log = logging.getLogger(__name__)
TIMEOUT_SECONDS = 10.0
RETRIES = 2  # by the library, each with the same Idempotency-Key
Answer = TypeVar("Answer")


class PaymentsUnavailable(Conflict):
    """Nobody can pay by card here: ask us for credits or a plan."""

    code = "PAYMENTS_UNAVAILABLE"


class PaymentsFailed(Problem):
    """The payment provider could not be asked; nothing was bought. Try again in a moment."""

    code = "PAYMENTS_FAILED"
    status = 503

    def __init__(self) -> None:
        super().__init__(retry_after=5)


class Session(NamedTuple):
    """A checkout session. `status`: open, complete, expired; `payment_status`: paid, unpaid, no_payment_required."""

    id: str
    status: str
    payment_status: str
    reference: str
    intent: str | None
    amount_cents: int | None

    @classmethod
    def of(cls, shown: Any) -> "Session":
        """From Stripe's object, or the facts of an event."""
        return cls(
            id=shown["id"],
            status=shown["status"] or "open",
            payment_status=shown["payment_status"] or "unpaid",
            reference=shown["client_reference_id"] or "",
            intent=shown["payment_intent"],
            amount_cents=shown["amount_total"],
        )


class Subscribed(NamedTuple):
    """A subscription as Stripe has it now."""

    id: str
    customer: str
    status: str
    plan: str
    start: datetime
    end: datetime
    ends_at_period_end: bool

    @classmethod
    def of(cls, shown: Any) -> "Subscribed":
        """From Stripe's object. Since 2025 the period is that of its item."""
        item = shown["items"]["data"][0]
        status = {"canceled": "cancelled"}.get(shown["status"], shown["status"])
        return cls(
            id=shown["id"],
            customer=shown["customer"],
            status=status,
            plan=shown["metadata"]["plan"],
            start=datetime.fromtimestamp(item["current_period_start"], UTC),
            end=datetime.fromtimestamp(item["current_period_end"], UTC),
            ends_at_period_end=bool(shown["cancel_at_period_end"]),
        )


def available() -> bool:
    """Whether this house takes cards."""
    return bool(settings.STRIPE_SECRET_KEY and settings.STRIPE_WEBHOOK_SECRET)


def client() -> stripe.StripeClient:
    """The library's client. Raises PaymentsUnavailable without keys, TransactionOpen inside a transaction."""
    if not available():
        raise PaymentsUnavailable
    assert_no_transaction()
    base: Any = {"api": settings.STRIPE_API_BASE} if settings.STRIPE_API_BASE else {}
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses=base,
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
    )


def asked(call: Callable[[], Answer]) -> Answer:
    """The answer of a call. Raises PaymentsFailed for anything that the library raises; what it said is logged."""
    try:
        return call()
    except stripe.StripeError as error:
        log.exception("stripe_failed", extra={"code": error.code, "stripe_request": error.request_id})
        raise PaymentsFailed from error


def session(session_id: str) -> Session:
    """A checkout session as it is now."""
    return Session.of(asked(lambda: client().v1.checkout.sessions.retrieve(session_id)))


def subscription(subscription_id: str) -> Subscribed:
    """A subscription as it is now."""
    return Subscribed.of(asked(lambda: client().v1.subscriptions.retrieve(subscription_id)))
