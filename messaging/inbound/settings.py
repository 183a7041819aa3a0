"""How a store answers texts: read with the defaults, changed with an audit."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from audiences.models import Store
from campaigns.texts import checked
from config.audit import Actor, record
from config.problems import InvalidFields, invalid
from messaging.models import InboundSettings

EDITABLE = ("confirm_stop", "help_text", "join")


def settings_of(store_id: int) -> InboundSettings:
    """The store's settings, or the defaults (not saved)."""
    return InboundSettings.objects.filter(pk=store_id).first() or InboundSettings(store_id=store_id)


def change_settings(*, store: Store, changes: Mapping[str, Any], actor: Actor) -> InboundSettings:
    """Change some of EDITABLE. Raises InvalidFields."""
    now = timezone.now()
    for name in changes:
        if name not in EDITABLE:
            raise invalid(f"/{name}", "There is no such field.", code="unknown_field")
    if changes.get("help_text"):
        _check_help(changes["help_text"], store=store)
    with transaction.atomic():
        InboundSettings.objects.get_or_create(store=store)
        InboundSettings.objects.filter(pk=store.pk).update(**changes, updated_at=now)
        record("inbound.settings", actor=actor, subject=f"store:{store.pk}", store_id=store.pk, fields=sorted(changes))
    return settings_of(store.pk)


def _check_help(text: str, *, store: Store) -> None:
    try:
        checked(text, store=store)
    except InvalidFields as refusal:
        errors = [{**error, "pointer": "#/help"} for error in refusal.facts["errors"]]
        raise InvalidFields(errors, refusal.detail) from None
