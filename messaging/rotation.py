"""Encrypting every stored secret anew with the first of CREDENTIAL_KEYS, so that an old key can be taken away."""

from typing import Any

from django.db import models, transaction

from config.audit import Actor, record
from messaging.models import ProviderAccount, WebhookEndpoint

# Every column that holds secrets; a test looks for more.
SECRETS: tuple[tuple[type[models.Model], str], ...] = ((ProviderAccount, "credentials"), (WebhookEndpoint, "secrets"))
AT_ONCE = 200


def rotate(*, actor: Actor) -> dict[str, int]:
    """Rewrite all secrets with the first key: {table: rows}. Repeating it, or being killed in it, does no harm.

    Rows are locked one by one, so that a secret that is changed meanwhile is not written over. Raises InvalidToken
    when none of CREDENTIAL_KEYS reads a row; what came before it is rewritten, nothing is lost.
    """
    done = {}
    for model, column in SECRETS:
        done[model._meta.db_table] = sum(_rewrite(model, column, pk) for pk in _ids(model))
    record("secrets.rotate", actor=actor, subject="installation:1", tables=done)
    return done


def _ids(model: type[models.Model]) -> Any:
    return model._default_manager.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=AT_ONCE)


def _rewrite(model: type[models.Model], column: str, pk: Any) -> int:
    with transaction.atomic():
        rows = model._default_manager.filter(pk=pk)
        secret = rows.select_for_update(no_key=True).values_list(column, flat=True).first()
        return rows.update(**{column: secret}) if secret else 0
