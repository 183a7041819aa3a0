"""Registers the app."""

from importlib import import_module

from django.apps import AppConfig
from django.core import checks

from audiences import erasure
from campaigns import routing
from messaging.checks import alerts_can_be_told, staff_shows_a_code, webhooks_stay_outside


class MessagingConfig(AppConfig):
    name = "messaging"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Checks of the settings, the answers that lower layers ask for, and what an erasure clears here."""
        erasure.also("messaging.inbound.personal.forget")
        erasure.also("messaging.erasing.forget")
        checks.register(webhooks_stay_outside, deploy=True)
        choose = import_module("messaging.routes.choose")
        routing.register(routing.Roads(choose.routed_countries, choose.pace))
        checks.register(staff_shows_a_code, deploy=True)
        checks.register(alerts_can_be_told)
        import_module("messaging.segments").register()
