"""Payments that no webhook spoke of: Stripe is asked, so that a lost webhook costs a quarter of an hour."""

from datetime import timedelta

from django.utils import timezone

from billing.models import Payment
from billing.payments import gateway
from billing.payments.settle import settle_session
from billing.states import PAYMENT
from config.problems import Problem

SILENT = timedelta(minutes=15)
# A session of Stripe's ends after a day; a payment that never got one was a click that died.
NEVER_BEGAN = timedelta(hours=25)


def ask_after_silent(*, limit: int) -> dict[str, int]:
    """The sweep: pending payments, the one longest not looked at first. Index: payment_pending.

    {asked, settled, expired}. Nothing without keys.
    """
    counts = {"asked": 0, "settled": 0, "expired": 0}
    if not gateway.available():
        return counts
    now = timezone.now()
    silent = Payment.objects.filter(status="pending", looked_at__lt=now - SILENT).order_by("looked_at", "pk")
    for payment in silent[:limit]:
        Payment.objects.filter(pk=payment.pk).update(looked_at=now)
        if payment.session is None:
            if now - payment.created_at > NEVER_BEGAN:
                counts["expired"] += PAYMENT.move(Payment.objects.filter(pk=payment.pk), "expire")
            continue
        counts["asked"] += 1
        try:
            counts["settled"] += settle_session(gateway.session(payment.session)) != "open"
        except Problem:  # Stripe is away, or knows it no more: the next look is a quarter of an hour away
            continue
    return counts
