"""Registers the app."""

from django.apps import AppConfig
from django.core import checks

from campaigns import routing
from messaging.checks import webhooks_stay_outside


class MessagingConfig(AppConfig):
    name = "messaging"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Checks of the settings, and the answers that lower layers ask for."""
        checks.register(webhooks_stay_outside, deploy=True)
        from messaging.routes.choose import routed_countries

        routing.register(routed_countries)
