"""Tables of money, in whole credits."""

from billing.models.accounts import CreditAccount, CreditReservation, LedgerEntry
from billing.models.plans import Plan, Subscription
from billing.models.prices import Price

__all__ = ["CreditAccount", "CreditReservation", "LedgerEntry", "Plan", "Price", "Subscription"]
