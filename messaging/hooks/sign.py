"""Secrets and signatures by the Standard Webhooks convention, version 1.0 (standardwebhooks.com).

`whsec_` and 32 random bytes in base64; the signature is HMAC-SHA256 over `id.timestamp.body`, written `v1,<base64>`.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime

from cryptography.fernet import InvalidToken

from messaging.credentials import Credentials
from messaging.models import WebhookEndpoint

LEAD = "whsec_"


class NoSecret(Exception):
    """The webhook's secret cannot be read."""


def new_secret() -> str:
    """A secret that nobody had before."""
    return LEAD + base64.b64encode(secrets.token_bytes(32)).decode()


def valid_secrets(endpoint: WebhookEndpoint, *, now: datetime) -> list[str]:
    """The secrets that sign at a moment: the current one and, for a day after a rotation, the one before.

    Raises NoSecret when there is none or none of CREDENTIAL_KEYS reads them.
    """
    try:
        both: Credentials = endpoint.secrets
    except InvalidToken:
        raise NoSecret from None
    if "current" not in both:
        raise NoSecret
    rotating = endpoint.previous_until is not None and endpoint.previous_until > now and "previous" in both
    return [both["current"], *([both["previous"]] if rotating else [])]


def signed(*, webhook_id: str, at: datetime, body: bytes, secrets: list[str]) -> Mapping[str, str]:
    """The three headers of a call: `webhook-id`, `webhook-timestamp` (Unix seconds) and `webhook-signature`."""
    stamp = str(int(at.timestamp()))
    content = b".".join([webhook_id.encode(), stamp.encode(), body])
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{_mac(secret, content)}" for secret in secrets),
    }


def _mac(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(LEAD))
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
