"""Claim: a delivery for this process alone, and the request that it becomes. Then nothing of the database is held."""

import logging
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from config.opaque import public_id
from messaging.hooks.events import body
from messaging.hooks.post import Request
from messaging.hooks.queries import hold_endpoint, take, turns
from messaging.hooks.sign import NoSecret, signed, valid_secrets
from messaging.models import WebhookDelivery

log = logging.getLogger(__name__)
ENDPOINT_SLOTS = 3  # calls at once of one endpoint; one that fails or is slow has one
KIND = "dlv"  # of the public ids of deliveries: the `webhook-id`
USER_AGENT = "Heliograph-Webhooks/1.0"


class Work(NamedTuple):
    """A claimed delivery. `request` is None when it cannot be signed; `troubled`: its endpoint fails or is slow."""

    delivery_id: int
    endpoint_id: int
    fence: int
    troubled: bool
    request: Request | None


def claim(*, most: int, troubled: bool) -> list[Work]:
    """Claim up to `most` deliveries, of each endpoint one: of those that fail or are slow, or of the others.

    Each is committed before it is returned; a process that dies with it leaves a lease that ends.
    """
    if most < 1:
        return []
    found = turns(most, slots=ENDPOINT_SLOTS, troubled=troubled)
    return [work for endpoint_id in found if (work := _claim_one(endpoint_id, troubled=troubled))]


def _claim_one(endpoint_id: int, *, troubled: bool) -> Work | None:
    with transaction.atomic():
        slots = hold_endpoint(endpoint_id, slots=ENDPOINT_SLOTS)
        if not slots:
            return None
        delivery_id = take(endpoint_id, slots=slots, lease_seconds=lease_seconds())
    if delivery_id is None:
        return None
    delivery = WebhookDelivery.objects.select_related("endpoint").defer("endpoint__secrets").get(pk=delivery_id)
    return Work(delivery.pk, endpoint_id, delivery.fence, troubled, request_of(delivery))


def lease_seconds() -> float:
    """How long a claimed delivery is left to its process: longer than any call can take."""
    return 2 * float(settings.WEBHOOK_TIMEOUT_SECONDS) + 10


def request_of(delivery: WebhookDelivery) -> Request | None:
    """The signed call. The id and the body are the same at every attempt; time stamp and signatures are new.

    None when there is no secret to sign with: the endpoint was deleted a moment ago, or its key is lost.
    """
    now = timezone.now()
    endpoint = delivery.endpoint
    try:
        secrets = valid_secrets(endpoint, now=now)
    except NoSecret:
        log.exception("webhook_not_signed", extra={"endpoint_id": endpoint.pk})
        return None
    content = body(delivery, phones=endpoint.include_phones)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        **signed(
            webhook_id=public_id(delivery.pk, kind=KIND),
            at=now,
            body=content,
            secrets=secrets,
        ),
    }
    return Request(endpoint.url, headers, content, float(settings.WEBHOOK_TIMEOUT_SECONDS))
