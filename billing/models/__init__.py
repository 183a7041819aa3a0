"""Tables of money, in whole credits."""

from billing.models.accounts import CreditAccount, CreditReservation, LedgerEntry
from billing.models.payments import Invoice, Package, Payment, StripeEvent
from billing.models.plans import Plan, Subscription
from billing.models.prices import Price

__all__ = [
    "CreditAccount",
    "CreditReservation",
    "Invoice",
    "LedgerEntry",
    "Package",
    "Payment",
    "Plan",
    "Price",
    "StripeEvent",
    "Subscription",
]
