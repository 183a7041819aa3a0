"""Campaigns as they are written: list, create, read, change, delete."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.errors import AudienceInvalid
from audiences.openapi import refuses
from audiences.tenancy import StoreViews
from campaigns.errors import InvalidStatus
from campaigns.models import Campaign
from campaigns.serializers import CampaignBody
from campaigns.services import edit
from campaigns.states import CAMPAIGN, KINDS, NUMBERS_KINDS
from config.idempotency import idempotent
from config.opaque import private_id
from config.problems import invalid


class CampaignFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What a list of campaigns can be narrowed by."""

    status = django_filters.ChoiceFilter(choices=[(state, state) for state in CAMPAIGN.states])
    kind = django_filters.ChoiceFilter(
        choices=[(kind, kind) for kind in KINDS],
        label="Left out: without test and direct messages and the runs of automations.",
    )
    automation = django_filters.CharFilter(method="made_by", label="Id of the automation that made them.")
    archived = django_filters.ChoiceFilter(
        choices=[("true", "true"), ("false", "false")], method="in_archive", label="Left out: false."
    )

    def in_archive(self, queryset: "QuerySet[Campaign]", name: str, value: str) -> "QuerySet[Campaign]":
        """Only those in the archive, or only the others."""
        return queryset.filter(archived_at__isnull=value == "false")

    def made_by(self, queryset: "QuerySet[Campaign]", name: str, value: str) -> "QuerySet[Campaign]":
        """The runs of one automation. Raises InvalidFields for what is no id of one. Index: campaign_automation."""
        automation_id = private_id(value, kind="aut")
        if automation_id is None:
            raise invalid("/automation", "Not an id of an automation.", code="unknown_id")
        return queryset.filter(automation_id=automation_id)

    def filter_queryset(self, queryset: "QuerySet[Campaign]") -> "QuerySet[Campaign]":
        """By what was asked; else what people work with. Index: campaign_written."""
        chosen = self.form.cleaned_data
        rows: QuerySet[Campaign] = super().filter_queryset(queryset)
        if not chosen["kind"] and not chosen["automation"]:
            rows = rows.exclude(kind__in=NUMBERS_KINDS).filter(automation=None)
        return rows if chosen["archived"] else rows.filter(archived_at=None)


class Drafts(StoreViews[Campaign]):
    """Writing campaigns."""

    kind = "cmp"
    queryset = Campaign.objects.all()
    serializer_class = CampaignBody
    filterset_class = CampaignFilter

    def list(self, request: Request) -> Response:
        """The store's campaigns, newest first."""
        return self.page(self.get_queryset())

    @refuses(AudienceInvalid)
    @idempotent
    def create(self, request: Request) -> Response:
        """Write a new draft. Nothing is sent or charged."""
        body = self.body(CampaignBody)
        fields = body.stored(store_id=self.caller.store_id)
        campaign = edit.create(store=self.caller.store, fields=fields, actor=self.caller.actor)
        return Response(self.read(campaign), status=201)

    def retrieve(self, request: Request, id: str) -> Response:
        """One campaign."""
        return Response(self.read(self.get_object()))

    @refuses(AudienceInvalid, InvalidStatus)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change a draft or scheduled campaign, or the priority of one that is being sent; what is left out stays."""
        campaign = self.get_object()
        body = self.body(CampaignBody, row=campaign)
        fields: dict[str, Any] = body.stored(store_id=self.caller.store_id)
        changed = edit.edit(
            store_id=self.caller.store_id, campaign_id=campaign.pk, fields=fields, actor=self.caller.actor
        )
        return Response(self.read(changed))

    @refuses(InvalidStatus)
    def destroy(self, request: Request, id: str) -> Response:
        """Delete a draft. What was scheduled or sent stays."""
        edit.delete(store_id=self.caller.store_id, campaign_id=self.get_object().pk, actor=self.caller.actor)
        return Response(status=204)
