"""The store's webhooks, what was delivered to them, and delivering it again."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.openapi import refuses
from audiences.tenancy import StoreViews
from config.opaque import private_id
from messaging.hooks import again, endpoints
from messaging.hooks.again import EndpointDisabled, NotFinished
from messaging.hooks.claim import KIND
from messaging.hooks.endpoints import TooManyEndpoints
from messaging.hooks.serializers import (
    DeliveryLogShape,
    DeliveryShape,
    NewWebhookShape,
    RedeliveredShape,
    SinceBody,
    WebhookBody,
)
from messaging.models import WebhookDelivery, WebhookEndpoint
from messaging.models.hooks import EVENTS, PING
from messaging.states import DELIVERY


class DeliveryFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What a list of deliveries can be narrowed by."""

    state = django_filters.ChoiceFilter(choices=[(state, state) for state in DELIVERY.states])
    event = django_filters.ChoiceFilter(choices=[(event, event) for event in (*EVENTS, PING)])
    campaign = django_filters.CharFilter(method="of_campaign", help_text="A campaign's id.")
    since = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")

    def of_campaign(self, rows: "QuerySet[WebhookDelivery]", name: str, value: str) -> "QuerySet[WebhookDelivery]":
        """Those that tell of one campaign; a made-up id has none."""
        return rows.filter(campaign_id=private_id(value, kind="cmp") or 0)


class WebhookViews(StoreViews[WebhookEndpoint]):
    """Addresses that events are posted to. docs/webhooks.md says how, and how to verify them."""

    kind = "whk"
    needs = {"*": "admin"}
    queryset = WebhookEndpoint.objects.exclude(status="deleted").defer("secrets")
    serializer_class = WebhookBody
    filterset_class: Any = None

    def list(self, request: Request) -> Response:
        """The store's webhooks, newest first, without their secrets."""
        return self.page(self.get_queryset())

    def retrieve(self, request: Request, id: str) -> Response:
        """One webhook, without its secret."""
        return Response(self.read(self.get_object()))

    @extend_schema(request=WebhookBody, responses={201: NewWebhookShape})
    @refuses(TooManyEndpoints)
    def create(self, request: Request) -> Response:
        """Make a webhook. The answer shows its secret, this once."""
        fields = dict(self.body(WebhookBody).validated_data)
        fields.pop("enabled", None)
        issued = endpoints.create_endpoint(store=self.caller.store, actor=self.caller.actor, **fields)
        return Response(self._with_secret(issued), status=201)

    def partial_update(self, request: Request, id: str) -> Response:
        """Change its address, events or description, or switch it on or off."""
        row = self.get_object()
        changes = self.body(WebhookBody, row=row).validated_data
        store_id, actor = self.caller.store_id, self.caller.actor
        changed = endpoints.change_endpoint(store_id=store_id, endpoint_id=row.pk, changes=changes, actor=actor)
        return Response(self.read(changed))

    def destroy(self, request: Request, id: str) -> Response:
        """Delete a webhook: nothing more is posted, what is on its way is given up."""
        row = self.get_object()
        endpoints.delete_endpoint(store_id=self.caller.store_id, endpoint_id=row.pk, actor=self.caller.actor)
        return Response(status=204)

    @extend_schema(request=None, responses={200: NewWebhookShape})
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, id: str) -> Response:
        """Make a new secret and show it, this once. For a day every call carries signatures of both."""
        row = self.get_object()
        store_id, actor = self.caller.store_id, self.caller.actor
        issued = endpoints.rotate_secret(store_id=store_id, endpoint_id=row.pk, actor=actor)
        return Response(self._with_secret(issued))

    @extend_schema(request=None, responses={202: DeliveryShape})
    @refuses(EndpointDisabled)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, id: str) -> Response:
        """Post a `webhook.test` event, once. `webhook-deliveries/{id}` says what came of it."""
        made = again.ping(store_id=self.caller.store_id, endpoint_id=self.get_object().pk)
        made.refresh_from_db()
        return Response(DeliveryShape(made).data, status=202)

    @extend_schema(responses=DeliveryShape(many=True))
    @action(detail=True, filterset_class=DeliveryFilter, serializer_class=DeliveryShape)
    def deliveries(self, request: Request, id: str) -> Response:
        """What was, or is to be, delivered to it, newest first; kept for 30 days."""
        return self.page(WebhookDelivery.objects.filter(endpoint_id=self.get_object().pk).defer("data"))

    @extend_schema(request=SinceBody, responses={202: RedeliveredShape})
    @refuses(EndpointDisabled)
    @action(detail=True, methods=["post"])
    def redeliver(self, request: Request, id: str) -> Response:
        """Deliver again everything that was given up since a moment, oldest first."""
        row = self.get_object()
        since = self.body(SinceBody).validated_data["since"]
        store_id, actor = self.caller.store_id, self.caller.actor
        number = again.redeliver_failed(store_id=store_id, endpoint_id=row.pk, since=since, actor=actor)
        return Response(RedeliveredShape({"deliveries": number}).data, status=202)

    def _with_secret(self, issued: endpoints.Issued) -> dict[str, Any]:
        return self.read(issued.endpoint) | {"secret": issued.secret}


class DeliveryViews(StoreViews[WebhookDelivery]):
    """Single deliveries. They are listed per webhook."""

    kind = KIND
    needs = {"*": "admin"}
    queryset = WebhookDelivery.objects.select_related("endpoint").defer("endpoint__secrets")
    serializer_class = DeliveryLogShape

    def retrieve(self, request: Request, id: str) -> Response:
        """One delivery with its attempts and its body."""
        return Response(self.read(self.get_object()))

    @extend_schema(request=None, responses={202: DeliveryShape})
    @refuses(EndpointDisabled, NotFinished)
    @action(detail=True, methods=["post"])
    def redeliver(self, request: Request, id: str) -> Response:
        """Deliver it again, under the same `webhook-id`."""
        row = self.get_object()
        due = again.redeliver(store_id=self.caller.store_id, delivery_id=row.pk, actor=self.caller.actor)
        return Response(DeliveryShape(due).data, status=202)
