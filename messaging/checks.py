"""What `manage.py check --deploy` says about our settings."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error


def webhooks_stay_outside(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """In production a store must not be able to make us call our own network."""
    if not settings.WEBHOOKS_ALLOW_PRIVATE:
        return []
    hint = "Unset WEBHOOKS_ALLOW_PRIVATE: it is for development and the demo."
    return [Error("Webhooks may be sent to private addresses and over plain HTTP.", hint=hint, id="messaging.E001")]
