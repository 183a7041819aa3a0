"""What staff changes about provider accounts. Credentials go in and never come out."""

import secrets
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from config.audit import Actor, record
from config.problems import Conflict, NotFound, invalid
from config.queues import Task, enqueue
from messaging.models import ProviderAccount
from messaging.models.accounts import ON_AMBIGUOUS
from providers.interface import AccountConfig, BadConfig
from providers.registry import PROVIDERS, build

EDITABLE = (
    "name",
    "store",
    "provider",
    "base_url",
    "options",
    "max_batch",
    "parts_per_second",
    "on_ambiguous",
    "unconfirmed_after_hours",
)


def create_account(*, values: Mapping[str, Any], credentials: Mapping[str, str], actor: Actor) -> ProviderAccount:
    """A new account, stopped until somebody activates it; its webhook address is drawn. Raises as `change_account`."""
    columns = {**_editable(values), "credentials": dict(credentials), "slug": secrets.token_hex(16)}
    row = ProviderAccount(**columns, status="stopped", status_reason="new")
    _check(row)
    try:
        with transaction.atomic():
            [made] = ProviderAccount.objects.bulk_create([row])
            record(
                "provider_account.create", actor=actor, subject=f"provider_account:{made.pk}", provider=made.provider
            )
    except IntegrityError:
        raise Conflict("This name is taken.") from None
    return made


def change_account(
    *, account_id: int, values: Mapping[str, Any], credentials: Mapping[str, str] | None, actor: Actor
) -> None:
    """Change some of EDITABLE; `credentials` None leaves them. In force from each process's next batch on.

    Raises NotFound, InvalidFields, and Conflict for a name that is taken.
    """
    changed = _editable(values)
    if credentials is not None:
        changed["credentials"] = dict(credentials)
    try:
        with transaction.atomic():
            row = ProviderAccount.objects.select_for_update(no_key=True).filter(pk=account_id).first()
            if row is None:
                raise NotFound
            for name, value in changed.items():
                setattr(row, name, value)
            _check(row)
            ProviderAccount.objects.filter(pk=account_id).update(**changed, updated_at=timezone.now())
            subject = f"provider_account:{account_id}"
            record("provider_account.edit", actor=actor, subject=subject, fields=sorted(changed))
    except IntegrityError:
        raise Conflict("This name is taken.") from None


def set_active(*, account_id: int, active: bool, actor: Actor, reason: str) -> None:
    """Stop or activate sending over an account; receipts are always taken. Raises Conflict when it is so already."""
    now, status = timezone.now(), "active" if active else "stopped"
    with transaction.atomic():
        rows = ProviderAccount.objects.filter(pk=account_id).exclude(status=status)
        if not rows.update(status=status, status_reason="" if active else reason[:200], updated_at=now):
            raise Conflict(f"The account is {status} already.")
        subject, action = f"provider_account:{account_id}", "activate" if active else "stop"
        facts: dict[str, Any] = {"before": "stopped" if active else "active", "after": status}
        record(f"provider_account.{action}", actor=actor, subject=subject, reason=reason, **facts)
        if active:
            enqueue(Task.SEND_NEXT, copies=4)


def _editable(values: Mapping[str, Any]) -> dict[str, Any]:
    for name in values:
        if name not in EDITABLE:
            raise invalid(f"/{name}", "There is no such field.", code="unknown_field")
    return dict(values)


def _check(row: ProviderAccount) -> None:
    """Raise InvalidFields unless the adapter can be built from the row."""
    if row.provider not in PROVIDERS:
        raise invalid("/provider", f"One of: {', '.join(PROVIDERS)}.")
    if row.on_ambiguous not in ON_AMBIGUOUS:
        raise invalid("/on_ambiguous", f"One of: {', '.join(ON_AMBIGUOUS)}.")
    try:
        build(row.provider, AccountConfig(row.base_url, row.credentials, row.options))
    except BadConfig as error:
        raise invalid("/options", f"The adapter refuses these settings: {error}") from None
