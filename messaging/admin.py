"""Provider accounts in the ops console; and everything else of this app that is registered there."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from audiences.staff import staff
from config.ops.marks import state
from config.ops.operations import Answers, Operation
from config.ops.pages import choice
from config.ops.roles import HOUSE
from config.ops.rows import OpsAdmin
from messaging.account_changes import EDITABLE, change_account, create_account, set_active
from messaging.hooks import admin as hooks_admin
from messaging.inbound import admin as inbound_admin
from messaging.models import ProviderAccount
from messaging.models.accounts import ON_AMBIGUOUS, STATUSES
from messaging.ops import campaigns as campaigns_admin
from messaging.ops import evidence as evidence_admin
from messaging.routes import admin as routes_admin
from providers.registry import PROVIDERS

__all__ = ["campaigns_admin", "evidence_admin", "hooks_admin", "inbound_admin", "routes_admin"]


class ProviderAccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """Settings of an account. The credentials are written and never shown."""

    provider = forms.ChoiceField(choices=[(name, name) for name in PROVIDERS])
    on_ambiguous = forms.ChoiceField(choices=[(word, word.replace("_", " ")) for word in ON_AMBIGUOUS])
    new_credentials = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60, "autocomplete": "off", "spellcheck": "false"}),
        help_text='A JSON object of names and secrets, like {"api_key": "…"}. Left empty, the old ones stay.',
    )

    def clean_new_credentials(self) -> dict[str, str] | None:
        """Names and texts, or nothing."""
        text = self.cleaned_data["new_credentials"]
        if not text and self.instance.pk:
            return None
        try:
            given = json.loads(text or "{}")
        except ValueError:
            given = None
        if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
            raise forms.ValidationError("A JSON object whose values are texts.")
        return given


def stop(account: ProviderAccount, answers: Answers, request: HttpRequest) -> str:
    """Stop an account."""
    set_active(account_id=account.pk, active=False, actor=staff(request), reason=answers["reason"])
    return "it is stopped."


def activate(account: ProviderAccount, answers: Answers, request: HttpRequest) -> str:
    """Activate an account."""
    set_active(account_id=account.pk, active=True, actor=staff(request), reason=answers["reason"])
    return "it is active."


@admin.register(ProviderAccount)
class ProviderAccountAdmin(OpsAdmin):
    """An account at a provider: its settings, and the switch of its sending."""

    kind = "acc"
    audited = "provider_account"
    writable = True
    editors = HOUSE
    form = ProviderAccountForm
    list_display = ("name", "provider", "store", state("status"), "status_reason", "parts_per_second", "updated_at")
    list_filter = (choice("status", STATUSES), choice("provider", tuple(PROVIDERS)))
    list_select_related = ("store",)
    search_fields = ("pk", "name", "slug")
    raw_id_fields = ("store",)
    operations = (
        Operation(
            "stop",
            "Stop sending over it",
            "No further batch goes out over this account; batches wait unless another account may take them.",
            stop,
            HOUSE,
            applies=lambda account: account.status == "active",
        ),
        Operation(
            "activate",
            "Activate",
            "Batches that wait go out over this account at once.",
            activate,
            HOUSE,
            applies=lambda account: account.status == "stopped",
        ),
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Settings, and on an old account what is shown."""
        shown = ("slug", state("status"), "status_reason", "created_at", "public") if obj else ()
        return (*EDITABLE, "new_credentials", *shown)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        """The webhook address and the state."""
        return (*super().get_readonly_fields(request, obj), "slug", "status_reason", "created_at")

    def save_model(self, request: HttpRequest, obj: ProviderAccount, form: Any, change: bool) -> None:
        """By the service."""
        credentials = form.cleaned_data["new_credentials"]
        names = form.changed_data if change else EDITABLE
        values = {name: form.cleaned_data[name] for name in names if name in EDITABLE}
        if "options" in values:
            values["options"] = values["options"] or {}
        if change:
            change_account(account_id=obj.pk, values=values, credentials=credentials, actor=staff(request))
        else:
            obj.pk = create_account(values=values, credentials=credentials, actor=staff(request)).pk
