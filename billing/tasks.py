"""Addresses of the sweeps of money."""

from billing import subscriptions
from billing.payments import inbox, silent
from config.queues import Task
from config.sweeps import sweep


@sweep(Task.RENEW_PLANS)
def renew_plans() -> dict[str, int]:
    """Plans whose period has ended, of stores that staff looks after."""
    return subscriptions.renew_due(limit=200)


@sweep(Task.FOLLOW_PAYMENTS)
def follow_payments() -> dict[str, int]:
    """Stripe's events that wait for something, and payments that no event spoke of."""
    return {**inbox.apply_due(limit=100), **silent.ask_after_silent(limit=20)}
