"""Webhooks in the ops console: what is called, what came of it, and switching one off or on."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from audiences.staff import staff
from config.ops.marks import rows_of, state
from config.ops.operations import Answers, Operation
from config.ops.pages import choice
from config.ops.roles import PEOPLE
from config.ops.rows import OpsAdmin
from messaging.hooks import again
from messaging.hooks.claim import KIND
from messaging.hooks.endpoints import change_endpoint
from messaging.models import LogWatermark, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookLane
from messaging.models.hooks import ENDPOINT_STATUSES, EVENTS, PING
from messaging.states import DELIVERY


def disable(endpoint: WebhookEndpoint, answers: Answers, request: HttpRequest) -> str:
    """Switch it off."""
    _switch(endpoint, enabled=False, answers=answers, request=request)
    return "it is disabled."


def enable(endpoint: WebhookEndpoint, answers: Answers, request: HttpRequest) -> str:
    """Switch it on."""
    _switch(endpoint, enabled=True, answers=answers, request=request)
    return "it is active."


def _switch(endpoint: WebhookEndpoint, *, enabled: bool, answers: Answers, request: HttpRequest) -> None:
    change_endpoint(
        store_id=endpoint.store_id,
        endpoint_id=endpoint.pk,
        changes={"enabled": enabled},
        actor=staff(request),
        reason=answers["reason"],
    )


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(OpsAdmin):
    """Addresses of stores that events are posted to. The secrets are nowhere."""

    kind = "whk"
    audited = "webhook"
    list_display = (
        "url",
        "store",
        state("status"),
        "status_reason",
        "failures",
        "failing_since",
        "succeeded_at",
        "log",
    )
    list_filter = (choice("status", ENDPOINT_STATUSES),)
    list_select_related = ("store",)
    search_fields = ("pk", "store__slug")
    exclude = ("secrets",)
    operations = (
        Operation(
            "disable",
            "Disable",
            "Nothing more is posted; what waits is given up and can be delivered again once it is enabled.",
            disable,
            PEOPLE,
            applies=lambda endpoint: endpoint.status == "active",
        ),
        Operation(
            "enable",
            "Enable",
            "Events from now on are posted to it; past failures are forgotten.",
            enable,
            PEOPLE,
            applies=lambda endpoint: endpoint.status == "disabled",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[WebhookEndpoint]":
        """Without the secrets: nobody looks at them here."""
        return super().get_queryset(request).defer("secrets")

    @admin.display(description="log")
    def log(self, endpoint: WebhookEndpoint) -> str:
        """Its deliveries."""
        return rows_of(WebhookDelivery, "deliveries", endpoint__id__exact=endpoint.pk)


def redeliver(delivery: WebhookDelivery, answers: Answers, request: HttpRequest) -> str:
    """Deliver it again."""
    again.redeliver(store_id=delivery.store_id, delivery_id=delivery.pk, actor=staff(request), reason=answers["reason"])
    return "it is due again."


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(OpsAdmin):
    """What was, or is to be, posted. The data names contacts by their ids alone."""

    kind = KIND
    audited = "webhook_delivery"
    list_display = (
        "id",
        "created_at",
        "endpoint",
        "event",
        "campaign_id",
        "sequence",
        state("state"),
        "fence",
        "last_status",
        "last_error",
        "next_try_at",
    )
    list_filter = (choice("state", DELIVERY.states), choice("event", (*EVENTS, PING)))
    list_select_related = ("endpoint",)
    search_fields = ("pk",)
    sortable_by = ()
    operations = (
        Operation(
            "redeliver",
            "Deliver again",
            "It is posted under the same webhook-id: a receiver that keeps to the rules takes it once.",
            redeliver,
            PEOPLE,
            applies=lambda delivery: delivery.state in DELIVERY.moves["redeliver"].sources,
        ),
    )


@admin.register(WebhookAttempt)
class WebhookAttemptAdmin(OpsAdmin):
    """Calls and the beginnings of their answers."""

    list_display = ("id", "at", "delivery_id", "fence", "status", "error", "milliseconds")
    sortable_by = ()


@admin.register(WebhookLane)
class WebhookLaneAdmin(OpsAdmin):
    """The last sequence of each webhook and campaign."""

    list_display = ("id", "endpoint", "campaign_id", "last")
    list_select_related = ("endpoint",)


@admin.register(LogWatermark)
class LogWatermarkAdmin(OpsAdmin):
    """How far the message log was read."""

    list_display = ("name", "done", "updated_at")
