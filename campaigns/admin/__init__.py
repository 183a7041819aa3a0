"""Campaigns in the ops console."""

from campaigns.admin import automations, campaigns, sending, templates

__all__ = ["automations", "campaigns", "sending", "templates"]
