"""Registers the app."""

from importlib import import_module

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """What segments can ask about campaigns, which needs the models."""
        import_module("campaigns.segments").register()
