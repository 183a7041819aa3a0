"""Tables of what went out and what came back."""

from messaging.models.accounts import ProviderAccount
from messaging.models.alerts import Alert
from messaging.models.evidence import MessageLog, Receipt

__all__ = ["Alert", "MessageLog", "ProviderAccount", "Receipt"]
