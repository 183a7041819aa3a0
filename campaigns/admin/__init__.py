"""Campaigns in the ops console."""

from campaigns.admin import campaigns, sending

__all__ = ["campaigns", "sending"]
