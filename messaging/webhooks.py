"""What providers call. Authenticate on the raw body, store, answer at once; everything else is the drain's."""

import logging

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from messaging.accounts import account_by_slug, adapter
from messaging.receipts import inbox
from providers.interface import BadPayload, BadSignature

log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def receipts(request: HttpRequest, slug: str) -> HttpResponse:
    """Delivery receipts of one account.

    200 stored; 202 kept, but unreadable; 401 not from the provider; 404 no such account; 503 try again.
    """
    try:
        return _receive(request, slug)
    except (OperationalError, InterfaceError):
        log.exception("receipt_not_stored")
        return HttpResponse(status=503, headers={"Retry-After": "5"})


def _receive(request: HttpRequest, slug: str) -> HttpResponse:
    account = account_by_slug(slug)
    if account is None:
        raise Http404
    try:
        received = adapter(account).parse_receipts(request.headers, request.body, request.GET.dict())
    except BadSignature:
        log.warning("receipt_signature_bad", extra={"account_id": account.pk})
        return HttpResponse(status=401)
    except BadPayload:
        # From the provider, but unreadable: a refusal would make it try again for hours with the same bytes.
        log.exception("receipt_unreadable", extra={"account_id": account.pk, "bytes": len(request.body)})
        inbox.keep_unreadable(account, request.body)
        return HttpResponse(status=202)
    inbox.store(account, received)
    return HttpResponse(status=200)
