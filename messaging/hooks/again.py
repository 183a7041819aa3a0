"""Delivering again what was delivered or given up, and a test delivery: asked for by people, done by the pump."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from config.audit import Actor, record
from config.problems import Conflict, NotFound
from config.queues import Task, enqueue
from messaging.hooks.endpoints import endpoint_of
from messaging.models import WebhookDelivery, WebhookEndpoint
from messaging.models.hooks import PING
from messaging.states import DELIVERY

MOST = 10_000  # deliveries that one call makes due again


class EndpointDisabled(Conflict):
    """The webhook is disabled. Enable it first."""

    code = "WEBHOOK_DISABLED"


class NotFinished(Conflict):
    """This delivery is still under way."""

    code = "DELIVERY_UNDER_WAY"


def redeliver(*, store_id: int, delivery_id: int, actor: Actor, reason: str = "") -> WebhookDelivery:
    """Deliver a finished one again, under the same webhook-id and sequence, for another day.

    Raises NotFound, EndpointDisabled, NotFinished.
    """
    delivery = WebhookDelivery.objects.filter(pk=delivery_id, store_id=store_id).first()
    if delivery is None:
        raise NotFound
    with transaction.atomic():
        _active(store_id=store_id, endpoint_id=delivery.endpoint_id)
        if not _due_again(WebhookDelivery.objects.filter(pk=delivery_id)):
            raise NotFinished
        subject, facts = f"webhook_delivery:{delivery_id}", {"before": delivery.state, "after": "pending"}
        record("webhook.redeliver", actor=actor, subject=subject, store_id=store_id, reason=reason, **facts)
        enqueue(Task.DELIVER_HOOKS)
    return WebhookDelivery.objects.get(pk=delivery_id)


def redeliver_failed(*, store_id: int, endpoint_id: int, since: datetime, actor: Actor) -> int:
    """Deliver again what was given up of what was made since then, oldest first, at most MOST; how many.

    Called again it takes the next ones. Index: webhookdelivery_endpoint. Raises NotFound, EndpointDisabled.
    """
    with transaction.atomic():
        _active(store_id=store_id, endpoint_id=endpoint_id)
        dead = WebhookDelivery.objects.filter(endpoint_id=endpoint_id, state="dead", created_at__gte=since)
        numbers = list(dead.exclude(event=PING).order_by("pk").values_list("pk", flat=True)[:MOST])
        number = _due_again(WebhookDelivery.objects.filter(pk__in=numbers, state="dead"))
        subject = f"webhook:{endpoint_id}"
        record("webhook.redeliver_failed", actor=actor, subject=subject, store_id=store_id, deliveries=number)
        enqueue(Task.DELIVER_HOOKS)
    return number


def ping(*, store_id: int, endpoint_id: int) -> WebhookDelivery:
    """A `webhook.test` delivery, whatever events the endpoint asked for; tried once.

    Raises NotFound, EndpointDisabled.
    """
    now = timezone.now()
    with transaction.atomic():
        endpoint = _active(store_id=store_id, endpoint_id=endpoint_id)
        made = WebhookDelivery.objects.create(
            endpoint=endpoint,
            store_id=store_id,
            source=f"test:{uuid4().hex}",
            event=PING,
            data={"message": "If you can verify the signature of this, you are ready."},
            happened_at=now,
        )
        enqueue(Task.DELIVER_HOOKS)
    return made


def _active(*, store_id: int, endpoint_id: int) -> WebhookEndpoint:
    endpoint = endpoint_of(store_id=store_id, endpoint_id=endpoint_id)
    if endpoint.status != "active":
        raise EndpointDisabled
    return endpoint


def _due_again(rows: "QuerySet[Any]") -> int:
    columns = {"tries": 0, "due_since": Now(), "next_try_at": Now(), "finished_at": None, "last_error": ""}
    return DELIVERY.move(rows, "redeliver", **columns)
