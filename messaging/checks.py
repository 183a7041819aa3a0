"""What `manage.py check --deploy` says about our settings."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

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


def alerts_can_be_told(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """What names the operator's webhook must be usable: it is needed when things go wrong already."""
    found: list[CheckMessage] = []
    url = settings.ALERT_WEBHOOK_URL
    if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
        found.append(Error("ALERT_WEBHOOK_URL is no http:// or https:// address.", id="messaging.E002"))
    try:
        base64.b64decode(settings.ALERT_WEBHOOK_SECRET.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        hint = "Bytes in base64, as in whsec_…: `openssl rand -base64 32` makes some."
        found.append(Error("ALERT_WEBHOOK_SECRET is no secret of a webhook.", hint=hint, id="messaging.E003"))
    return found
