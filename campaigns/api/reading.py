"""How a campaign is doing: progress, recipients, batches, history."""

import hashlib
import json

import django_filters
from django.db.models import Max, Min, Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.pagination import IdCursorPagination, OldestFirst
from audiences.tenancy import StoreViews
from campaigns import progress
from campaigns.models import Campaign, CampaignRecipient
from campaigns.serializers import BatchShape, EventShape, ProgressShape, RecipientShape
from campaigns.states import RECIPIENT
from config.opaque import private_id, public_id
from config.problems import invalid


class RecipientFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What a list of recipients can be narrowed by."""

    status = django_filters.ChoiceFilter(choices=[(state, state) for state in RECIPIENT.states])


class ByBatch(IdCursorPagination[CampaignRecipient]):
    """Recipients in the order of their batches: by primary key alone the table's index would be walked from its start.

    The cursor names a batch and a recipient in it.
    """

    ordering = ("batch_id", "pk")

    def after(self, rows: "QuerySet[CampaignRecipient]", cursor: str) -> "QuerySet[CampaignRecipient]":
        """The rows behind the cursor."""
        first, _, second = cursor.partition(".")
        batch, recipient = private_id(first, kind="cub"), private_id(second, kind="cur")
        if batch is None or recipient is None:
            raise invalid("/cursor", "Not a cursor of ours.")
        return rows.filter(Q(batch_id__gt=batch) | Q(batch_id=batch, pk__gt=recipient), batch_id__gte=batch)

    def cursor(self, row: CampaignRecipient) -> str:
        """The cursor that stands behind a row."""
        return f"{public_id(row.batch_id, kind='cub')}.{public_id(row.pk, kind='cur')}"


class Reading(StoreViews[Campaign]):
    """Reading campaigns that are, or were, sent."""

    @extend_schema(
        responses={200: ProgressShape, 304: OpenApiResponse(description="Nothing changed since the presented ETag.")},
        parameters=[OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="The last ETag.")],
    )
    @action(detail=True)
    def progress(self, request: Request, id: str) -> Response:
        """Recipients by status, from counters: it costs the same for ten and for ten million."""
        campaign = self.get_object()
        shown = ProgressShape(progress.read(campaign.pk)).data
        tag = f'W/"{hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:32]}"'
        if tag in [part.strip() for part in request.headers.get("If-None-Match", "").split(",")]:
            return Response(status=304, headers={"ETag": tag})
        return Response(shown, headers={"ETag": tag})

    @extend_schema(responses=RecipientShape(many=True))
    @action(detail=True, filterset_class=RecipientFilter, pagination_class=ByBatch, serializer_class=RecipientShape)
    def recipients(self, request: Request, id: str) -> Response:
        """Who gets it, and what became of it."""
        campaign = self.get_object()
        ends = campaign.batches.aggregate(first=Min("pk"), last=Max("pk"))
        rows = CampaignRecipient.objects.filter(
            campaign_id=campaign.pk, batch_id__gte=ends["first"] or 0, batch_id__lte=ends["last"] or 0
        )
        return self.page(rows)

    @extend_schema(responses=BatchShape(many=True))
    @action(detail=True, filterset_class=None, pagination_class=OldestFirst, serializer_class=BatchShape)
    def batches(self, request: Request, id: str) -> Response:
        """The batches in which it is handed over."""
        return self.page(self.get_object().batches.all())

    @extend_schema(responses=EventShape(many=True))
    @action(detail=True, filterset_class=None, pagination_class=OldestFirst, serializer_class=EventShape)
    def history(self, request: Request, id: str) -> Response:
        """What happened to it, who did it and why."""
        return self.page(self.get_object().events.all())
