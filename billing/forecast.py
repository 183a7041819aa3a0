"""What a hold would leave: the allowance goes first, then bought credits, as `billing.queries.hold` does it."""

from typing import NamedTuple

from billing.models import CreditAccount


class Spent(NamedTuple):
    """Credits that nothing holds, before and after; `after` is below zero by what is missing."""

    before: int
    used: int
    after: int


class Forecast(NamedTuple):
    """The plan's free allowance, and the bought credits."""

    allowance: Spent
    balance: Spent


def forecast(account: CreditAccount, *, credits: int) -> Forecast:
    """The account after a hold of `credits`, whether there are as many or not."""
    allowance = account.allowance - account.allowance_held
    balance = account.balance - account.held
    free = min(credits, allowance)
    paid = credits - free
    return Forecast(Spent(allowance, free, allowance - free), Spent(balance, paid, balance - paid))
