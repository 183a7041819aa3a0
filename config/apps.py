"""The app of the app-agnostic tables: audit, idempotency, sweeps, heartbeats."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ConfigConfig(AppConfig):
    name = "config"
    default_auto_field = "django.db.models.BigAutoField"


class OpsConfig(AdminConfig):
    """Django's admin with our site as the one that everything registers at."""

    default_site = "messaging.ops.site.OpsSite"
