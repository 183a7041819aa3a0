"""Everything that the database holds, to see that a refusal left it as it was."""

from typing import Any

from django.apps import apps

from audiences.models import ApiKey
from campaigns.models import Quote
from config.models import Heartbeat, IdempotencyRecord

APPS = ("config", "audiences", "billing", "campaigns", "messaging")
# A price that was counted and an answer that was kept change nothing for anybody; the last use of a key is no change.
UNIMPORTANT = (Quote, IdempotencyRecord, Heartbeat)


def world() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table of ours, by model."""
    models = [model for app in APPS for model in apps.get_app_config(app).get_models() if model not in UNIMPORTANT]
    return {
        model.__name__: [_row(model, row) for row in model._default_manager.order_by("pk").values()] for model in models
    }


def _row(model: type, row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if model is not ApiKey or name != "last_used_at"}
