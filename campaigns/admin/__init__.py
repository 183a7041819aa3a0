"""Campaigns in the ops console."""

from campaigns.admin import campaigns, sending, templates

__all__ = ["campaigns", "sending", "templates"]
