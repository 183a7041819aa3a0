"""Money in the ops console."""

from billing.admin import accounts, payments, plans

__all__ = ["accounts", "payments", "plans"]
