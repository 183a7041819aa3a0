"""What `manage.py check --deploy` says about our settings."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning


def webhooks_stay_outside(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """In production a store must not be able to make us call our own network."""
    if not settings.WEBHOOKS_ALLOW_PRIVATE:
        return []
    hint = "Unset WEBHOOKS_ALLOW_PRIVATE: it is for development and the demo."
    return [Error("Webhooks may be sent to private addresses and over plain HTTP.", hint=hint, id="messaging.E001")]


def staff_shows_a_code(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """In production a stolen password alone must not open the ops console."""
    if settings.OPS_TOTP_REQUIRED:
        return []
    hint = "Unset OPS_TOTP_REQUIRED: it is on by default without DEBUG."
    return [Warning("Staff logs in with a password alone.", hint=hint, id="messaging.W001")]
