"""What browsers are told: which pages may call the API and read its headers, and what our own pages may load."""

from typing import Any

from csp.constants import NONCE, NONE, SELF

CORS_ALLOW_METHODS = ["GET", "POST", "PATCH", "DELETE", "OPTIONS"]
CORS_ALLOW_HEADERS = ["accept", "authorization", "content-type", "idempotency-key", "if-none-match", "last-event-id"]
CORS_EXPOSE_HEADERS = [
    "ETag",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Idempotency-Replayed",
    "Location",
    "Content-Disposition",
    "X-Request-ID",
]


def content_security_policy(*, stream_url: str) -> dict[str, Any]:
    """django-csp's policy: nothing inline, nothing from elsewhere but the stream."""
    return {
        "DIRECTIVES": {
            "default-src": [SELF],
            "script-src": [SELF, NONCE],
            "style-src": [SELF, NONCE],
            "form-action": [SELF],
            "img-src": [SELF, "data:"],
            "connect-src": [SELF, stream_url],
            "object-src": [NONE],
            "base-uri": [SELF],
            "frame-ancestors": [NONE],
        }
    }
