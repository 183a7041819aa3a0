"""Why money did not move. The docstring is the message; nothing was changed.

Problem
├── BillingHold           staff stopped the store's spending: the store asks staff
├── SubscriptionRequired  the store needs a plan that is active or on trial
├── SpendCapReached       a limit that the store set itself
├── InsufficientCredits   the caller asks for a top-up or a smaller audience
│   └── SpendingBlocked   late evidence took the account below zero: top up before anything else
├── KeyReused             the caller's key means something else already: a mistake in the caller
├── ReservationClosed     the hold is gone: evidence of an acceptance is `capture_late`'s from here on
├── ReservationExceeded   more was charged or released than was held: a mistake in the caller
└── RefundRefused         no such charge, or more than is left of it
"""

from config.problems import Conflict, NotFound, Problem


class InsufficientCredits(Problem):
    """There are not enough credits."""

    code = "INSUFFICIENT_CREDITS"
    status = 402

    def __init__(self, detail: str | None = None, *, required: int, available: int) -> None:
        super().__init__(detail, required=required, available=available, missing=required - available)


class SpendingBlocked(InsufficientCredits):
    """The balance is below zero: late proof of messages, or a payment that was taken back. Top up first."""


class BillingHold(Problem):
    """Sending is on hold by our billing: ask us."""

    code = "BILLING_HOLD"
    status = 403


class SubscriptionRequired(Problem):
    """Sending needs a plan that is active or on trial."""

    code = "SUBSCRIPTION_REQUIRED"
    status = 403


class SpendCapReached(Problem):
    """This would pass a spend cap of the store; an owner can raise it."""

    code = "SPEND_CAP"
    status = 403

    def __init__(self, *, cap: str = "day", limit: int = 0, committed: int = 0, required: int = 0) -> None:
        left = max(limit - committed, 0)
        detail = f"This would pass the store's spend cap per {cap}: {required} credits, {left} of {limit} are left."
        super().__init__(detail, cap=cap, limit=limit, committed=committed, required=required, left=left)


class KeyReused(Conflict):
    """This key was used before, for something else."""


class ReservationClosed(Conflict):
    """The reservation is closed."""


class ReservationExceeded(Conflict):
    """The reservation does not hold that much any more."""


class RefundRefused(Conflict):
    """There is not that much of this charge left to refund."""


# What stands between anybody who wants to spend and the credits: for the documents of endpoints.
MONEY: tuple[type[Problem], ...] = (InsufficientCredits, BillingHold, SubscriptionRequired, SpendCapReached)

__all__ = [
    "MONEY",
    "BillingHold",
    "InsufficientCredits",
    "KeyReused",
    "NotFound",
    "RefundRefused",
    "ReservationClosed",
    "ReservationExceeded",
    "SpendCapReached",
    "SpendingBlocked",
    "SubscriptionRequired",
]
