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
from messaging.models import Alert, AlertNotice, Click, MessageLog, ProviderAccount, Receipt
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


@admin.register(MessageLog)
class MessageLogAdmin(OpsAdmin):
    """Every attempt, receipt and late word. Append-only; the text itself is not shown."""

    kind = "msg"
    list_display = ("id", "at", "of", "recipient", "kind", state("outcome"), "raw_status", "error_class", "error_code")
    search_fields = ("pk", "provider_message_id")
    search_help_text = "Id, the provider's message id, or recipient:<id>"
    exclude = ("text",)
    sortable_by = ()

    @admin.display(description="campaign")
    def of(self, line: MessageLog) -> str:
        """The campaign."""
        return link(Campaign, line.campaign_id)

    @admin.display(description="recipient")
    def recipient(self, line: MessageLog) -> str:
        """The recipient."""
        return link(CampaignRecipient, line.recipient_id)

    def found(self, term: str) -> Q:
        """By id, by recipient, or by the provider's id: its index knows attempts alone."""
        word, _, number = term.partition(":")
        if word == "recipient" and number.isdecimal():
            return Q(recipient_id=int(number))
        if term.isdecimal() and len(term) < 19:
            return Q(pk=int(term))
        return Q(kind="attempt", provider_message_id=term)


@admin.register(Click)
class ClickAdmin(OpsAdmin):
    """Short links that were followed. Append-only; neither an address nor a browser is kept."""

    list_display = ("id", "at", "of", "recipient", "number", "human", "robot", "counted")
    search_fields = ("pk",)
    search_help_text = "Id, or recipient:<id>"
    sortable_by = ()

    @admin.display(description="campaign")
    def of(self, click: Click) -> str:
        """The campaign."""
        return link(Campaign, click.campaign_id)

    @admin.display(description="recipient")
    def recipient(self, click: Click) -> str:
        """The recipient."""
        return link(CampaignRecipient, click.recipient_id)

    def found(self, term: str) -> Q:
        """By id or by recipient."""
        word, _, number = term.partition(":")
        if word == "recipient" and number.isdecimal() and len(number) < 19:
            return Q(recipient_id=int(number))
        return super().found(term)


@admin.register(Receipt)
class ReceiptAdmin(OpsAdmin):
    """Delivery reports as they arrived."""

    kind = "rec"
    list_display = (
        "id",
        "received_at",
        "account_id",
        state("status"),
        "raw_status",
        "error_code",
        state("outcome"),
        "tries",
        "applied_at",
    )
    list_filter = (("applied_at", admin.EmptyFieldListFilter),)
    sortable_by = ()


@admin.register(Alert)
class AlertAdmin(OpsAdmin):
    """What the watchdog saw: open alerts first. They close by themselves when the trouble is over."""

    list_display = ("name", "subject", "detail", "opened_at", "seen_at", "closed_at")
    list_filter = (("closed_at", admin.EmptyFieldListFilter),)
    ordering = ("-closed_at", "-opened_at")
    search_fields = ("pk", "name", "subject")


@admin.register(AlertNotice)
class AlertNoticeAdmin(OpsAdmin):
    """Who was told of an alert, and over which channel; what nobody took is tried again for a day."""

    list_display = ("alert", "channel", "event", "made_at", "tries", "sent_at", "given_up_at", "last_error")
    list_select_related = ("alert",)
    list_filter = ("channel", ("sent_at", admin.EmptyFieldListFilter))
    ordering = ("-pk",)
