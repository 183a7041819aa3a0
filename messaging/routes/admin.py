"""Routes in the ops console: who carries what, how healthy accounts are, and why sending moved."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from audiences.staff import staff
from config.ops.marks import badge, state
from config.ops.operations import Answers, Operation
from config.ops.pages import choice
from config.ops.roles import HOUSE
from config.ops.rows import OpsAdmin
from messaging.models import AccountHealth, Route, RouteEvent
from messaging.models.accounts import STATUSES
from messaging.models.routes import MOVES
from messaging.routes import changes


class RouteForm(forms.ModelForm):  # type: ignore[type-arg]
    """A route's settings."""

    def clean_country(self) -> str:
        """Capital letters."""
        return str(self.cleaned_data["country"]).strip().upper()


def stop(route: Route, answers: Answers, request: HttpRequest) -> str:
    """Stop a route."""
    changes.set_active(route_id=route.pk, active=False, actor=staff(request), reason=answers["reason"])
    return "it is stopped."


def activate(route: Route, answers: Answers, request: HttpRequest) -> str:
    """Use a route again."""
    changes.set_active(route_id=route.pk, active=True, actor=staff(request), reason=answers["reason"])
    return "it is active."


def let_wait(health: AccountHealth, answers: Answers, request: HttpRequest) -> str:
    """Let other accounts go first."""
    changes.let_wait(account=health.account, actor=staff(request), reason=answers["reason"])
    return "other accounts go first for a while."


def call_back(health: AccountHealth, answers: Answers, request: HttpRequest) -> str:
    """Use an account again at once."""
    changes.call_back(account=health.account, actor=staff(request), reason=answers["reason"])
    return "it is used again."


@admin.register(Route)
class RouteAdmin(OpsAdmin):
    """Which account carries whose messages to which country."""

    kind = "rte"
    audited = "route"
    writable = True
    editors = HOUSE
    form = RouteForm
    list_display = ("id", "store", "country", "account", "rank", "weight", state("status"), "status_reason")
    list_filter = (choice("status", STATUSES),)
    list_select_related = ("store", "account")
    search_fields = ("pk", "country")
    raw_id_fields = ("store", "account")
    operations = (
        Operation(
            "stop",
            "Stop this route",
            "Batches go over the next rank; without one they wait.",
            stop,
            HOUSE,
            applies=lambda route: route.status == "active",
        ),
        Operation(
            "activate",
            "Use it again",
            "The next batches may go over it.",
            activate,
            HOUSE,
            applies=lambda route: route.status == "stopped",
        ),
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Settings, and on an old route what is shown."""
        shown = (state("status"), "status_reason", "created_at", "updated_at") if obj else ()
        return (*changes.EDITABLE, *shown)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        """The state."""
        shown = ("status_reason", "created_at", "updated_at")
        return (*super().get_readonly_fields(request, obj), *shown)

    def save_model(self, request: HttpRequest, obj: Route, form: Any, change: bool) -> None:
        """By the service."""
        names = form.changed_data if change else changes.EDITABLE
        values = {name: form.cleaned_data[name] for name in names if name in changes.EDITABLE}
        if change:
            changes.change_route(route_id=obj.pk, values=values, actor=staff(request))
        else:
            obj.pk = changes.create_route(values=values, actor=staff(request)).pk


@admin.register(AccountHealth)
class AccountHealthAdmin(OpsAdmin):
    """How calls over each account go."""

    kind = "hea"
    audited = "provider_account"
    list_display = ("account", "standing", "faults", "away_until", "reason", "changed_at")
    list_select_related = ("account",)
    search_fields = ("account__name",)
    readonly_fields = ("standing",)
    operations = (
        Operation(
            "let_wait",
            "Let other accounts go first",
            "For a while; then one batch tries it. Where there is no other account, it goes on.",
            let_wait,
            HOUSE,
            applies=lambda health: health.away_until is None,
        ),
        Operation(
            "call_back",
            "Use it again now",
            "The next batches go over it, whatever was wrong.",
            call_back,
            HOUSE,
            applies=lambda health: health.away_until is not None,
        ),
    )

    @admin.display(description="standing")
    def standing(self, health: AccountHealth) -> str:
        """Whether others go first; an account that staff stopped carries nothing, however healthy."""
        if health.account.status != "active":
            return badge("stopped")
        return badge("ok" if health.away_until is None else "away")


@admin.register(RouteEvent)
class RouteEventAdmin(OpsAdmin):
    """Every move away from an account and back to it, with its reason."""

    kind = "rev"
    list_display = ("id", "at", "account", state("move"), "reason", "actor")
    list_filter = (choice("move", MOVES),)
    list_select_related = ("account",)
    search_fields = ("pk", "account__name")
