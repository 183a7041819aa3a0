"""What providers call. Authenticate on the raw body, store, answer at once; everything else is the drains'."""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from messaging.accounts import account_by_slug, adapter
from messaging.inbound import inbox as texts
from messaging.models import ProviderAccount
from messaging.receipts import inbox
from providers.interface import BadPayload, BadSignature, Provider

log = logging.getLogger(__name__)


class Box(NamedTuple):
    """An inbox: how the adapter reads a call for it, and what stores it. `name`: in logs."""

    name: str
    read: Callable[[Provider, HttpRequest], Any]
    store: Callable[[ProviderAccount, Any], int]
    keep_unreadable: Callable[[ProviderAccount, bytes], None]


RECEIPTS = Box(
    "receipt",
    lambda provider, request: provider.parse_receipts(request.headers, request.body, request.GET.dict()),
    inbox.store,
    inbox.keep_unreadable,
)
TEXTS = Box(
    "inbound",
    lambda provider, request: provider.parse_inbound(request.headers, request.body, request.GET.dict()),
    texts.store,
    texts.keep_unreadable,
)


@csrf_exempt
@require_POST
def receipts(request: HttpRequest, slug: str) -> HttpResponse:
    """Delivery receipts of one account.

    200 stored; 202 kept, but unreadable; 401 not from the provider; 404 no such account; 503 try again.
    """
    return _answer(request, slug, RECEIPTS)


@csrf_exempt
@require_POST
def inbound(request: HttpRequest, slug: str) -> HttpResponse:
    """Texts from people to numbers of one account. Answers as `receipts` does."""
    return _answer(request, slug, TEXTS)


def _answer(request: HttpRequest, slug: str, box: Box) -> HttpResponse:
    try:
        return _receive(request, slug, box)
    except (OperationalError, InterfaceError):
        log.exception("%s_not_stored", box.name)
        return HttpResponse(status=503, headers={"Retry-After": "5"})


def _receive(request: HttpRequest, slug: str, box: Box) -> HttpResponse:
    account = account_by_slug(slug)
    if account is None:
        raise Http404
    try:
        received = box.read(adapter(account), request)
    except BadSignature:
        log.warning("%s_signature_bad", box.name, extra={"account_id": account.pk})
        return HttpResponse(status=401)
    except BadPayload:
        # From the provider, but unreadable: a refusal would make it try again for hours with the same bytes.
        log.exception("%s_unreadable", box.name, extra={"account_id": account.pk, "bytes": len(request.body)})
        box.keep_unreadable(account, request.body)
        return HttpResponse(status=202)
    box.store(account, received)
    return HttpResponse(status=200)
