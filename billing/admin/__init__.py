"""Money in the ops console."""

from billing.admin import accounts, plans

__all__ = ["accounts", "plans"]
