"""`/metrics`: for who has METRICS_TOKEN, for staff, and, without a token in the settings, for this very machine."""

import hmac
import ipaddress

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.exposition import choose_encoder

from audiences.models import User
from messaging.metrics.collector import registry

# What a proxy adds: then the address of the connection says nothing about who asks.
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP")


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text, or OpenMetrics for who asks for it; 401 for everybody else."""
    if not allowed(request):
        return HttpResponse("Unauthorized\n", status=401, headers={"WWW-Authenticate": "Bearer"})
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry()), content_type=content_type)


def allowed(request: HttpRequest) -> bool:
    """Whether this request may read them."""
    known = has_token(request.headers.get("Authorization", "")) if settings.METRICS_TOKEN else is_local(request)
    return known or is_staff(request)


def has_token(said: str) -> bool:
    """Whether the header `Authorization` brings the token; compared in constant time."""
    scheme, _, token = said.partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(token.encode(), settings.METRICS_TOKEN.encode())


def is_staff(request: HttpRequest) -> bool:
    """Whether somebody of the staff is logged in. Asks the database only when a session's cookie came."""
    return isinstance(request.user, User) and request.user.is_staff and request.user.is_active


def is_local(request: HttpRequest) -> bool:
    """Whether the connection comes from this machine and through no proxy."""
    if settings.BEHIND_PROXY or any(name in request.META for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
