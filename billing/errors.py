"""Why money did not move. The docstring is the message; nothing was changed.

Problem
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
    """The balance is below zero: messages were proved accepted after their credits had gone back. Top up first."""


class KeyReused(Conflict):
    """This key was used before, for something else."""


class ReservationClosed(Conflict):
    """The reservation is closed."""


class ReservationExceeded(Conflict):
    """The reservation does not hold that much any more."""


class RefundRefused(Conflict):
    """There is not that much of this charge left to refund."""


__all__ = [
    "InsufficientCredits",
    "KeyReused",
    "NotFound",
    "RefundRefused",
    "ReservationClosed",
    "ReservationExceeded",
    "SpendingBlocked",
]
