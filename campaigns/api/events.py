"""Customer events: what a store's own systems tell of its customers."""

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.models import CustomerEvent
from audiences.openapi import refuses
from audiences.quotas import counts_as
from audiences.tenancy import StoreViews
from campaigns.automations import ingest
from campaigns.serializers_events import CustomerEventShape, EventsBody, EventsTakenShape
from config.idempotency import idempotent
from config.opaque import private_id
from config.problems import InvalidFields, invalid


class EventFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What a list of events can be narrowed by."""

    contact = django_filters.CharFilter(method="of_contact", label="Id of a contact.")

    def of_contact(self, rows: "QuerySet[CustomerEvent]", name: str, value: str) -> "QuerySet[CustomerEvent]":
        """Raises InvalidFields for what is no id of a contact. Index: customerevent_contact."""
        contact_id = private_id(value, kind="con")
        if contact_id is None:
            raise invalid("/contact", "Not an id of a contact.", code="unknown_id")
        return rows.filter(contact_id=contact_id)


class CustomerEventViews(StoreViews[CustomerEvent]):
    """Customer events."""

    kind = "cev"
    queryset = CustomerEvent.objects.all()
    serializer_class = CustomerEventShape
    filterset_class = EventFilter

    def list(self, request: Request) -> Response:
        """The store's events, newest first."""
        return self.page(self.get_queryset())

    @extend_schema(request=EventsBody, responses={200: EventsTakenShape})
    @refuses(InvalidFields)
    @counts_as("events", alone=True)
    @idempotent
    def create(self, request: Request) -> Response:
        """Tell what customers did: up to 1000 events, each once by its `event_id`. Automations may answer them."""
        told = self.body(EventsBody).told(timezone.now())
        taken = ingest.take(told, store=self.caller.store)
        number = {status: sum(one.status == status for one in taken) for status in ("accepted", "duplicate", "refused")}
        return Response(
            EventsTakenShape(
                {
                    "accepted": number["accepted"],
                    "duplicates": number["duplicate"],
                    "refused": number["refused"],
                    "results": taken,
                }
            ).data
        )
