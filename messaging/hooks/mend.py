"""What the sweeps of webhooks mend, and what is kept no longer."""

from datetime import timedelta
from typing import Any

from cryptography.fernet import InvalidToken
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from messaging.hooks.publish import ring_if_due
from messaging.hooks.queries import bury, expire_leases
from messaging.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookLane
from messaging.states import DELIVERY_OPEN

KEEP = timedelta(days=30)  # finished deliveries, and webhooks that were deleted


def mend(*, limit: int) -> dict[str, int]:
    """Leases whose process went away, deliveries of endpoints that are disabled, secrets that are valid no more."""
    counts = {"leases": expire_leases(limit), "buried": bury(limit), "secrets": _forget_secrets(limit=100)}
    return {**counts, "rung": ring_if_due() if counts["leases"] else 0}


def _forget_secrets(*, limit: int) -> int:
    """Take away the previous secret of endpoints whose rotation is over; who cannot be read signs nothing anyway."""
    now = timezone.now()
    over = WebhookEndpoint.objects.filter(previous_until__lte=now).defer("secrets").order_by("pk")
    with transaction.atomic():
        endpoints = list(over.select_for_update(no_key=True, skip_locked=True)[:limit])
        for endpoint in endpoints:
            rows = WebhookEndpoint.objects.filter(pk=endpoint.pk)
            rows.update(previous_until=None, **_current_alone(endpoint))
    return len(endpoints)


def _current_alone(endpoint: WebhookEndpoint) -> dict[str, Any]:
    try:
        secrets = endpoint.secrets
    except InvalidToken:
        return {}
    return {"secrets": {name: secret for name, secret in secrets.items() if name != "previous"}}


def tidy_log(*, limit: int) -> dict[str, int]:
    """Delete finished deliveries after KEEP, oldest first, and deleted endpoints that have none left."""
    old = timezone.now() - KEEP
    finished = WebhookDelivery.objects.filter(created_at__lt=old).exclude(state__in=DELIVERY_OPEN)
    numbers = list(finished.order_by("pk").values_list("pk", flat=True)[:limit])
    WebhookAttempt.objects.filter(delivery_id__in=numbers).delete()
    deleted = WebhookDelivery.objects.filter(pk__in=numbers).delete()[0]
    left = WebhookDelivery.objects.filter(endpoint_id=OuterRef("pk"))
    gone = WebhookEndpoint.objects.filter(~Exists(left), status="deleted", updated_at__lt=old)
    numbers = list(gone.values_list("pk", flat=True)[:100])
    WebhookLane.objects.filter(endpoint_id__in=numbers).delete()
    return {"deliveries": deleted, "endpoints": WebhookEndpoint.objects.filter(pk__in=numbers).delete()[0]}
