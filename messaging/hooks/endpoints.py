"""What a store does with its endpoints: make, change, rotate the secret, delete. Addresses are checked before a
transaction is opened: a name server may take its time.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from cryptography.fernet import InvalidToken
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from audiences.models import Store
from config.audit import Actor, record
from config.problems import Conflict, NotFound, invalid
from messaging.credentials import Credentials
from messaging.hooks.addresses import BadAddress, checked, parse
from messaging.hooks.sign import new_secret
from messaging.models import WebhookEndpoint
from messaging.models.hooks import EVENTS

MOST = 20  # endpoints of a store
EDITABLE = ("url", "description", "events", "include_phones", "enabled")
RESOLVE_SECONDS = 3.0
ROTATION = timedelta(days=1)  # both secrets sign


class TooManyEndpoints(Conflict):
    """A store has at most 20 webhooks."""

    code = "TOO_MANY_WEBHOOKS"


class Issued(NamedTuple):
    """An endpoint and its new secret, which nobody can read again."""

    endpoint: WebhookEndpoint
    secret: str


def check_url(url: str) -> str:
    """The URL, if we may post to it now; checked again at each delivery. Raises InvalidFields."""
    try:
        checked(parse(url), seconds=RESOLVE_SECONDS)
    except BadAddress as error:
        raise invalid("/url", str(error), code=error.code) from None
    return url


def create_endpoint(
    *,
    store: Store,
    url: str,
    events: Sequence[str],
    actor: Actor,
    description: str = "",
    include_phones: bool = False,
) -> Issued:
    """A new, active endpoint. Raises InvalidFields, TooManyEndpoints."""
    _check_events(events)
    check_url(url)
    secret = new_secret()
    with transaction.atomic():
        Store.objects.select_for_update(no_key=True).get(pk=store.pk)  # one at a time, so that the count holds
        if WebhookEndpoint.objects.filter(store=store).exclude(status="deleted").count() >= MOST:
            raise TooManyEndpoints
        columns: dict[str, Any] = {"url": url, "description": description, "include_phones": include_phones}
        columns |= {"events": [name for name in EVENTS if name in events], "secrets": Credentials(current=secret)}
        endpoint = WebhookEndpoint.objects.create(store=store, **columns)
        subject = f"webhook:{endpoint.pk}"
        facts: dict[str, Any] = {"events": endpoint.events, "include_phones": include_phones}
        record("webhook.create", actor=actor, subject=subject, store_id=store.pk, **facts)
    return Issued(endpoint, secret)


def change_endpoint(
    *, store_id: int, endpoint_id: int, changes: Mapping[str, Any], actor: Actor, reason: str = ""
) -> WebhookEndpoint:
    """Change some of EDITABLE. Enabling forgets past failures. Raises NotFound, InvalidFields."""
    now = timezone.now()
    columns = {name: value for name, value in changes.items() if name in EDITABLE and name != "enabled"}
    if "events" in columns:
        _check_events(columns["events"])
        columns["events"] = [name for name in EVENTS if name in columns["events"]]
    if "url" in columns:
        check_url(columns["url"])
    with transaction.atomic():
        endpoint = _locked(store_id=store_id, endpoint_id=endpoint_id)
        switched = _switched(endpoint, changes.get("enabled"), actor=actor)
        columns |= switched
        WebhookEndpoint.objects.filter(pk=endpoint_id).update(**columns, updated_at=now)
        facts: dict[str, Any] = {"fields": sorted(changes)}
        if "status" in switched:
            facts |= {"before": endpoint.status, "after": switched["status"]}
        subject = f"webhook:{endpoint_id}"
        record("webhook.edit", actor=actor, subject=subject, store_id=store_id, reason=reason, **facts)
    return WebhookEndpoint.objects.defer("secrets").get(pk=endpoint_id)


def rotate_secret(*, store_id: int, endpoint_id: int, actor: Actor) -> Issued:
    """A new secret; the one before signs beside it for a day. One before that is valid no more. Raises NotFound."""
    secret, until = new_secret(), timezone.now() + ROTATION
    with transaction.atomic():
        endpoint = _locked(store_id=store_id, endpoint_id=endpoint_id)
        before = _readable(endpoint)
        both = {"current": secret, **({"previous": before} if before else {})}
        rows = WebhookEndpoint.objects.filter(pk=endpoint_id)
        rows.update(secrets=both, previous_until=until if before else None)
        record("webhook.rotate", actor=actor, subject=f"webhook:{endpoint_id}", store_id=store_id)
    return Issued(WebhookEndpoint.objects.get(pk=endpoint_id), secret)


def _readable(endpoint: WebhookEndpoint) -> str | None:
    """The current secret; None when its key is lost, which a rotation mends."""
    try:
        return endpoint.secrets["current"]
    except InvalidToken:
        return None


def delete_endpoint(*, store_id: int, endpoint_id: int, actor: Actor) -> None:
    """Call it never again and forget its secrets; its log stays until it is old. Raises NotFound."""
    with transaction.atomic():
        _locked(store_id=store_id, endpoint_id=endpoint_id)
        rows = WebhookEndpoint.objects.filter(pk=endpoint_id)
        rows.update(status="deleted", secrets={}, previous_until=None, updated_at=timezone.now())
        record("webhook.delete", actor=actor, subject=f"webhook:{endpoint_id}", store_id=store_id)


def endpoint_of(*, store_id: int, endpoint_id: int) -> WebhookEndpoint:
    """The store's endpoint. Raises NotFound, also for a deleted one."""
    rows = WebhookEndpoint.objects.exclude(status="deleted").defer("secrets")
    found = rows.filter(pk=endpoint_id, store_id=store_id).first()
    if found is None:
        raise NotFound
    return found


def _locked(*, store_id: int, endpoint_id: int) -> WebhookEndpoint:
    rows = WebhookEndpoint.objects.select_for_update(no_key=True).exclude(status="deleted").defer("secrets")
    found = rows.filter(pk=endpoint_id, store_id=store_id).first()
    if found is None:
        raise NotFound
    return found


def _switched(endpoint: WebhookEndpoint, enabled: bool | None, *, actor: Actor) -> dict[str, Any]:
    """The columns of being switched on or off; nothing when it is so already."""
    if enabled is None or enabled == (endpoint.status == "active"):
        return {}
    if not enabled:
        return {"status": "disabled", "status_reason": f"Switched off by {actor.name.partition(':')[0]}."}
    fresh = {"failures": 0, "failing_since": None, "slow": False, "hold_until": Now()}
    return {"status": "active", "status_reason": "", **fresh}


def _check_events(events: Sequence[str]) -> None:
    if not events or not set(events) <= set(EVENTS):
        raise invalid("/events", f"Some of: {', '.join(EVENTS)}.", code="bad_events")
