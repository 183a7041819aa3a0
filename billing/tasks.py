"""Addresses of the sweeps of money."""

from billing import subscriptions
from config.queues import Task
from config.sweeps import sweep


@sweep(Task.RENEW_PLANS)
def renew_plans() -> dict[str, int]:
    """Plans whose period has ended, of stores that staff looks after."""
    return subscriptions.renew_due(limit=200)
