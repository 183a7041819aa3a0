"""Stripe's webhooks: verified on the raw body, stored, answered; applied at once where that works, else by a sweep."""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe
from django.conf import settings
from django.db import DatabaseError
from django.db.models import F
from django.utils import timezone

from billing.models import StripeEvent
from billing.payments import gateway, settle
from billing.payments.gateway import Session
from config.problems import Problem

log = logging.getLogger(__name__)
TOLERANCE_SECONDS = 300  # a signature that is older is a replay; Stripe signs each of its own attempts anew
GIVE_UP = timedelta(days=3)
FIRST_WAIT, LONGEST_WAIT = 10, 3600  # seconds, doubled with each try
# What is kept of a payload: the rest names people, cards and addresses.
KEPT = (
    "id", "object", "status", "payment_status", "client_reference_id", "payment_intent", "amount_total", "customer",
    "amount_refunded", "charge", "amount", "number", "total", "currency", "hosted_invoice_url", "invoice_pdf",
    "created",
)  # fmt: skip


class BadSignature(Exception):
    """It was not signed by Stripe, or too long ago."""


class Unreadable(Exception):
    """It was signed, and is no event."""


def receive(body: bytes, signature: str) -> StripeEvent:
    """Keep an event, of whatever kind, once; then try to apply it. Raises BadSignature, Unreadable.

    What comes again is what is stored already: it is applied only if it was not yet.
    """
    _verify(body, signature)
    try:
        sent = json.loads(body)
        event_id, kind, about = str(sent["id"]), str(sent["type"]), sent["data"]["object"]
        facts = {name: about[name] for name in KEPT if name in about}
        happened_at = datetime.fromtimestamp(sent["created"], UTC)
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable from error
    row = StripeEvent(event_id=event_id, kind=kind, facts=facts, happened_at=happened_at)
    StripeEvent.objects.bulk_create([row], ignore_conflicts=True)
    event = StripeEvent.objects.get(event_id=event_id)
    apply(event)
    return event


def _verify(body: bytes, signature: str) -> None:
    for secret in settings.STRIPE_WEBHOOK_SECRET:
        try:
            stripe.WebhookSignature.verify_header(body.decode(), signature, secret, TOLERANCE_SECONDS)
        except (stripe.SignatureVerificationError, UnicodeDecodeError):
            continue
        return
    raise BadSignature


def apply_due(*, limit: int) -> dict[str, int]:
    """The sweep: events that could not be applied when they came. Index: stripeevent_due."""
    due = StripeEvent.objects.filter(applied_at=None, next_try_at__lte=timezone.now())
    outcomes = [apply(event) for event in due.order_by("next_try_at", "pk")[:limit]]
    return {"events": len(outcomes), "applied": sum(outcomes)}


def apply(event: StripeEvent) -> bool:
    """Do what an event says, if that was not done; whether it is settled now. Twice at once is harmless."""
    if event.applied_at:
        return True
    handler = HANDLERS.get(event.kind)
    try:
        outcome = "applied" if handler else "ignored"
        said = handler(event.facts) if handler else ""
    except (settle.NotYet, Problem) as why:
        return _put_off(event, why)
    except DatabaseError:
        raise
    except Exception as bug:  # that one event brings out: it keeps the others from nothing
        log.exception("stripe_event_failed", extra={"event": event.event_id, "kind": event.kind})
        return _put_off(event, bug)
    log.info("stripe_event", extra={"event": event.event_id, "kind": event.kind, "outcome": said or outcome})
    return _end(event, outcome)


def _end(event: StripeEvent, outcome: str, *, error: str = "") -> bool:
    rows = StripeEvent.objects.filter(pk=event.pk, applied_at=None)
    rows.update(applied_at=timezone.now(), outcome=outcome, error=error[:300])
    return outcome != "given_up"


def _put_off(event: StripeEvent, why: Exception) -> bool:
    """Try again later: what it is about may be told by another event, or Stripe may be away. After three days never."""
    now, reason = timezone.now(), f"{type(why).__name__}: {why}"
    if now - event.received_at > GIVE_UP:
        log.error("stripe_event_given_up", extra={"event": event.event_id, "kind": event.kind, "why": reason})
        return _end(event, "given_up", error=reason)
    wait = timedelta(seconds=min(FIRST_WAIT * 2**event.tries, LONGEST_WAIT))
    rows = StripeEvent.objects.filter(pk=event.pk, applied_at=None)
    rows.update(tries=F("tries") + 1, next_try_at=now + wait, error=reason[:300])
    return False


# What an event means ------------------------------------------------------------------------------------------------

Facts = Mapping[str, Any]


def _session(facts: Facts) -> str:
    return settle.settle_session(Session.of(facts))


def _session_failed(facts: Facts) -> str:
    return settle.fail_session(Session.of(facts))


def _refunded(facts: Facts) -> str:
    return settle.take_back_refunded(
        intent=facts["payment_intent"] or "", charge=facts["id"], refunded_cents=facts["amount_refunded"]
    )


def _withdrawn(facts: Facts) -> str:
    return _dispute(facts, won=False)


def _reinstated(facts: Facts) -> str:
    return _dispute(facts, won=True)


def _dispute(facts: Facts, *, won: bool) -> str:
    intent = facts["payment_intent"] or ""
    return settle.settle_dispute(intent=intent, dispute=facts["id"], cents=facts["amount"], won=won)


def _subscription(facts: Facts) -> str:
    """The event is a hint: what holds is what Stripe says now, so order and age of the hints do not matter."""
    seen = settle.seen_version(facts["customer"])
    return settle.settle_subscription(gateway.subscription(facts["id"]), seen=seen)


def _invoice(facts: Facts) -> str:
    columns = {
        "number": facts["number"] or "",
        "amount_cents": facts["total"],
        "currency": facts["currency"].upper(),
        "page_url": facts["hosted_invoice_url"] or "",
        "pdf_url": facts["invoice_pdf"] or "",
        "issued_at": datetime.fromtimestamp(facts["created"], UTC),
    }
    whose = {"customer": facts["customer"], "stripe_id": facts["id"], "status": facts["status"]}
    return settle.settle_invoice(**whose, columns=columns)


HANDLERS: Mapping[str, Callable[[Facts], str]] = {
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    "checkout.session.async_payment_failed": _session_failed,
    "checkout.session.expired": _session,
    "charge.refunded": _refunded,
    "charge.dispute.funds_withdrawn": _withdrawn,
    "charge.dispute.funds_reinstated": _reinstated,
    "customer.subscription.created": _subscription,
    "customer.subscription.updated": _subscription,
    "customer.subscription.deleted": _subscription,
    "customer.subscription.paused": _subscription,
    "customer.subscription.resumed": _subscription,
    "invoice.finalized": _invoice,
    "invoice.paid": _invoice,
    "invoice.payment_failed": _invoice,
    "invoice.voided": _invoice,
    "invoice.marked_uncollectible": _invoice,
}
