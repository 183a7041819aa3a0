"""Automations: rules that make campaigns by themselves."""

import django_filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.errors import AudienceInvalid
from audiences.openapi import refuses
from audiences.tenancy import StoreViews
from campaigns.automations.preview import coming
from campaigns.automations.statistics import measure
from campaigns.errors import NoMessageText
from campaigns.models import Automation, AutomationRun
from campaigns.models.automation import AUTOMATION_KINDS
from campaigns.serializers_automations import (
    AutomationBody,
    ComingShape,
    OffBody,
    RunShape,
    StatisticsShape,
    coming_shown,
)
from campaigns.services import automations
from campaigns.services.automations import AutomationNameTaken, TooManyAutomations
from config.idempotency import idempotent
from config.problems import InvalidFields, invalid

DAYS_MAX = 365
DAYS = OpenApiParameter(
    "days", {"type": "integer", "minimum": 1, "maximum": DAYS_MAX, "default": 90}, description="The last so many days."
)


class AutomationFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What a list of automations can be narrowed by."""

    kind = django_filters.ChoiceFilter(choices=[(one, one) for one in AUTOMATION_KINDS])
    active = django_filters.ChoiceFilter(choices=[("true", "true"), ("false", "false")], method="is_active")

    def is_active(self, rows: object, name: str, value: str) -> object:
        """Switched on, or not."""
        return rows.filter(active=value == "true")  # type: ignore[attr-defined]


class AutomationViews(StoreViews[Automation]):
    """Automations."""

    kind = "aut"
    queryset = Automation.objects.filter(deleted_at=None)
    serializer_class = AutomationBody
    filterset_class = AutomationFilter

    def list(self, request: Request) -> Response:
        """The store's automations, newest first."""
        return self.page(self.get_queryset())

    @refuses(AudienceInvalid, NoMessageText, AutomationNameTaken, TooManyAutomations)
    @idempotent
    def create(self, request: Request) -> Response:
        """Write a new automation. It is switched off: nothing is sent."""
        fields = self.body(AutomationBody).stored(store_id=self.caller.store_id)
        kind = fields.pop("kind")
        made = automations.create(store=self.caller.store, kind=kind, fields=fields, actor=self.caller.actor)
        return Response(self.read(made), status=201)

    def retrieve(self, request: Request, id: str) -> Response:
        """One automation."""
        return Response(self.read(self.get_object()))

    @refuses(AudienceInvalid, NoMessageText, AutomationNameTaken)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change an automation: runs from now on. What is left out stays."""
        row = self.get_object()
        fields = self.body(AutomationBody, row=row).stored(store_id=self.caller.store_id)
        changed = automations.edit(
            store=self.caller.store, automation_id=row.pk, fields=fields, actor=self.caller.actor
        )
        return Response(self.read(changed))

    def destroy(self, request: Request, id: str) -> Response:
        """Switch an automation off for ever. What it sent stays."""
        row = self.get_object()
        automations.delete(store_id=self.caller.store_id, automation_id=row.pk, actor=self.caller.actor)
        return Response(status=204)

    @extend_schema(request=None, responses=AutomationBody)
    @action(detail=True, methods=["post"])
    def on(self, request: Request, id: str) -> Response:
        """Switch it on: from now on it sends by itself, and costs credits. Look at the preview first."""
        row = self.get_object()
        switched = automations.switch_on(store_id=self.caller.store_id, automation_id=row.pk, actor=self.caller.actor)
        return Response(self.read(switched))

    @extend_schema(request=OffBody, responses=AutomationBody)
    @action(detail=True, methods=["post"])
    def off(self, request: Request, id: str) -> Response:
        """Switch it off: whoever waits is left out, and its campaigns that have not started are cancelled."""
        row, reason = self.get_object(), self.body(OffBody).validated_data["reason"]
        switched = automations.switch_off(
            store_id=self.caller.store_id, automation_id=row.pk, actor=self.caller.actor, reason=reason
        )
        return Response(self.read(switched))

    @extend_schema(responses=ComingShape, filters=False)
    @action(detail=True, filterset_class=None)
    def preview(self, request: Request, id: str) -> Response:
        """The next run: when, to how many, for how much, and what the first people would read. Nothing is sent."""
        row = self.get_object()
        row.store = self.caller.store
        return Response(coming_shown(coming(row), automation=row))

    @extend_schema(responses=RunShape(many=True), filters=False)
    @action(detail=True, serializer_class=RunShape, filterset_class=None)
    def runs(self, request: Request, id: str) -> Response:
        """What it did, newest first: the campaigns that it made, and why there was none."""
        rows = AutomationRun.objects.select_related("campaign").filter(automation=self.get_object())
        return self.page(rows)

    @extend_schema(responses=StatisticsShape, parameters=[DAYS], filters=False)
    @refuses(InvalidFields)
    @action(detail=True, filterset_class=None)
    def statistics(self, request: Request, id: str) -> Response:
        """Runs, messages, credits and opt-outs of the last days."""
        days = request.query_params.get("days", "90")
        if not (days.isascii() and days.isdigit() and len(days) < 4 and 1 <= int(days) <= DAYS_MAX):
            raise invalid("/days", f"A number from 1 to {DAYS_MAX}.")
        return Response(StatisticsShape(measure(self.get_object(), days=int(days))).data)
