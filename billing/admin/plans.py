"""Plans and subscriptions: shown, and set by the services."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from audiences.staff import staff
from billing.models import CreditAccount, Plan, Subscription
from billing.models.plans import INTERVALS
from billing.states import SUBSCRIPTION_STATUSES
from billing.subscriptions import set_plan
from config.ops.marks import state
from config.ops.operations import Answers, ReasonForm
from config.ops.pages import choice
from config.ops.rows import OpsAdmin


class PlanForm(ReasonForm):
    """Which plan, and where it stands."""

    plan = forms.ChoiceField(
        choices=lambda: Plan.objects.filter(active=True).order_by("pk").values_list("code", "name")
    )
    status = forms.ChoiceField(choices=[(status, status) for status in SUBSCRIPTION_STATUSES], initial="active")
    field_order = ("plan", "status", "reason")


def give_plan(account: CreditAccount, answers: Answers, request: HttpRequest) -> str:
    """Set the plan of an account's store."""
    row = set_plan(
        store_id=account.store_id,
        plan=answers["plan"],
        status=answers["status"],
        actor=staff(request),
        reason=answers["reason"],
    )
    return f"{row.plan} is {row.status} until {row.period_end:%Y-%m-%d}."


@admin.register(Plan)
class PlanAdmin(OpsAdmin):
    """What can be subscribed to."""

    list_display = ("name", "code", "price_cents", "currency", "interval", "allowance", "active")
    list_filter = (choice("interval", INTERVALS),)
    search_fields = ("pk", "code")


@admin.register(Subscription)
class SubscriptionAdmin(OpsAdmin):
    """Whose plan is which. Staff sets it on the store's account."""

    audited = "subscription"
    list_display = ("store", "plan", state("status"), "managed_by", "period_end", "ends_at_period_end")
    list_filter = (choice("status", SUBSCRIPTION_STATUSES),)
    list_select_related = ("store", "plan")
    search_fields = ("pk", "store__slug", "stripe_id")
    raw_id_fields = ("store",)
