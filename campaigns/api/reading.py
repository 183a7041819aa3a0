"""Who gets a campaign and what became of them: recipients, batches, history."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.openapi import refuses
from audiences.pagination import IdCursorPagination, OldestFirst
from audiences.services.contacts import read_phone
from audiences.tenancy import StoreViews
from campaigns.models import Campaign, CampaignRecipient, SendBatch
from campaigns.recipients import counted, recipients_csv, recipients_of
from campaigns.serializers_watching import REASONS, BatchShape, EventShape, RecipientLookupBody, RecipientShape
from campaigns.states import RECIPIENT
from config.opaque import private_id, public_id
from config.problems import InvalidFields, invalid
from config.spreadsheet import Csv, download

# A page of a filtered list looks at so many batches: it may be short, or empty, while there is a next one.
BATCHES_PER_PAGE = 200


class RecipientFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What a list of recipients can be narrowed by; a phone is looked for by `recipients/lookup`."""

    status = django_filters.ChoiceFilter(choices=[(state, state) for state in RECIPIENT.states])
    reason = django_filters.ChoiceFilter(
        choices=[(reason, reason) for reason in REASONS], label="Failure class, or why they were skipped."
    )
    batch = django_filters.CharFilter(method="in_batch", label="Id of a batch.")
    clicked = django_filters.ChoiceFilter(
        choices=[("true", "true"), ("false", "false")], method="by_click", label="Whether they followed a link."
    )

    def by_click(self, rows: "QuerySet[CampaignRecipient]", name: str, value: str) -> "QuerySet[CampaignRecipient]":
        """Only those who did, or only the others."""
        return rows.filter(clicked_at__isnull=value == "false")

    def in_batch(self, rows: "QuerySet[CampaignRecipient]", name: str, value: str) -> "QuerySet[CampaignRecipient]":
        """Those of one batch. Raises InvalidFields for what is no id of a batch."""
        batch_id = private_id(value, kind="bat")
        if batch_id is None:
            raise invalid("/batch", "Not an id of a batch.", code="unknown_id")
        return rows.filter(batch_id=batch_id)


class ByBatch(IdCursorPagination[CampaignRecipient]):
    """Recipients in the order of their batches: by primary key alone the table's index would be walked from its start.

    The cursor names a batch and a recipient in it. With filters a page looks at BATCHES_PER_PAGE batches and may be
    short: `next` is null on the last one only.
    """

    ordering = ("batch_id", "pk")

    def paginate_queryset(  # type: ignore[override]
        self, queryset: "QuerySet[CampaignRecipient]", request: Request, view: Any = None
    ) -> list[CampaignRecipient]:
        """The page that the cursor names."""
        narrowed = set(request.query_params) - {"cursor", "limit"}
        if not narrowed or view is None:
            return super().paginate_queryset(queryset, request, view)
        first = self._batch(request.query_params.get("cursor"))
        batches = SendBatch.objects.filter(campaign_id=view.key(), pk__gte=first).order_by("pk")
        found = list(batches.values_list("pk", flat=True)[: BATCHES_PER_PAGE + 1])
        if len(found) <= BATCHES_PER_PAGE:
            return super().paginate_queryset(queryset, request, view)
        page = super().paginate_queryset(queryset.filter(batch_id__lt=found[-1]), request, view)
        if self.next_url is None:
            self.next_url = self._address(request, cursor=_cursor(found[-1], 0))
        return page

    def _batch(self, cursor: str | None) -> int:
        return (private_id(cursor.partition(".")[0], kind="cub") or 0) if cursor else 0

    def after(self, rows: "QuerySet[CampaignRecipient]", cursor: str) -> "QuerySet[CampaignRecipient]":
        """The rows behind the cursor."""
        first, _, second = cursor.partition(".")
        batch, recipient = private_id(first, kind="cub"), private_id(second, kind="cur")
        if batch is None or recipient is None:
            raise invalid("/cursor", "Not a cursor of ours.")
        return rows.filter(Q(batch_id__gt=batch) | Q(batch_id=batch, pk__gt=recipient), batch_id__gte=batch)

    def cursor(self, row: CampaignRecipient) -> str:
        """The cursor that stands behind a row."""
        return _cursor(row.batch_id, row.pk)


def _cursor(batch_id: int, recipient_id: int) -> str:
    return f"{public_id(batch_id, kind='cub')}.{public_id(recipient_id, kind='cur')}"


class Reading(StoreViews[Campaign]):
    """Reading campaigns that are, or were, sent."""

    needs = {"find_recipient": "read"}

    @extend_schema(responses=RecipientShape(many=True))
    @refuses(InvalidFields)
    @action(detail=True, filterset_class=RecipientFilter, pagination_class=ByBatch, serializer_class=RecipientShape)
    def recipients(self, request: Request, id: str) -> Response:
        """Who gets it, and what became of it. With filters a page may be short: go on until `next` is null."""
        _no_phone(request)
        return self.page(recipients_of(self.get_object()))

    @extend_schema(request=RecipientLookupBody, responses=RecipientShape(many=True))
    @action(
        detail=True,
        methods=["post"],
        url_path="recipients/lookup",
        filterset_class=None,
        pagination_class=OldestFirst,
        serializer_class=RecipientShape,
    )
    def find_recipient(self, request: Request, id: str) -> Response:
        """The recipient with a phone; none or one."""
        campaign = self.get_object()
        phone = read_phone(self.body(RecipientLookupBody).validated_data["phone"], store=self.caller.store)
        rows = CampaignRecipient.objects.filter(campaign_id=campaign.pk, phone=phone.e164)
        return self.page(rows)

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    @refuses(InvalidFields)
    @action(
        detail=True,
        url_path=r"recipients\.csv",
        renderer_classes=[Csv, JSONRenderer],
        filterset_class=RecipientFilter,
        pagination_class=None,
    )
    def recipients_csv(self, request: Request, id: str) -> StreamingHttpResponse:
        """Every recipient as CSV, streamed; `status` and `reason` narrow it."""
        campaign = self.get_object()
        asked = RecipientFilter(request.query_params, CampaignRecipient.objects.none())
        if not asked.is_valid():
            raise ValidationError(asked.errors)
        narrowed = {name: asked.form.cleaned_data[name] for name in ("status", "reason")}
        return download("recipients.csv", recipients_csv(campaign, actor=self.caller.actor, **narrowed))

    @extend_schema(responses=BatchShape(many=True))
    @action(detail=True, filterset_class=None, pagination_class=OldestFirst, serializer_class=BatchShape)
    def batches(self, request: Request, id: str) -> Response:
        """The batches in which it is handed over: where each stands, its recipients by status, its last error."""
        batches: Any = self.get_object().batches.all()
        page: Any = self.paginate_queryset(batches) or []
        return self.get_paginated_response(self.shown(counted(page)))

    @extend_schema(responses=EventShape(many=True))
    @action(detail=True, filterset_class=None, pagination_class=OldestFirst, serializer_class=EventShape)
    def history(self, request: Request, id: str) -> Response:
        """What happened to it, who did it and why."""
        return self.page(self.get_object().events.all())


def _no_phone(request: Request) -> None:
    """Raise InvalidFields for a phone in the address: it would stand in logs and histories."""
    if "phone" in request.query_params:
        raise invalid("/phone", "A phone does not belong into an address: POST it to `lookup`.", code="not_here")
