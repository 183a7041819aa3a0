"""What Stripe calls."""

import logging

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing.payments.inbox import BadSignature, Unreadable, receive

log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def stripe_events(request: HttpRequest) -> HttpResponse:
    """One event. 200 stored; 400 no event; 401 not from Stripe, or no secret is set here; 503 try again."""
    try:
        receive(request.body, request.headers.get("Stripe-Signature", ""))
    except BadSignature:
        log.warning("stripe_signature_bad")
        return HttpResponse(status=401)
    except Unreadable:
        log.exception("stripe_event_unreadable", extra={"bytes": len(request.body)})
        return HttpResponse(status=400)
    except (OperationalError, InterfaceError):
        log.exception("stripe_event_not_stored")
        return HttpResponse(status=503, headers={"Retry-After": "5"})
    return HttpResponse(status=200)


urlpatterns = [path("webhooks/stripe", stripe_events, name="stripe")]
