"""Texts from people: the list, the review list, and how the store answers."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.filters import MomentFilter
from audiences.models import Store
from audiences.openapi import refuses
from audiences.tenancy import StoreViews
from config.opaque import private_id
from config.problems import invalid
from messaging.inbound import review
from messaging.inbound.serializers import READ, DecisionBody, InboundSettingsBody, InboundShape
from messaging.inbound.settings import change_settings, settings_of
from messaging.models import InboundMessage
from messaging.states import REVIEW


class InboundFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What texts can be narrowed by. There is no phone: addresses end up in logs and histories."""

    meaning = django_filters.ChoiceFilter(choices=[(meaning, meaning) for meaning in READ])
    review = django_filters.ChoiceFilter(choices=[(state, state) for state in REVIEW.states])
    contact = django_filters.CharFilter(method="of_contact", label="Id of a contact.")
    since = MomentFilter(field_name="received_at", lookup_expr="gte", label="Not before.")
    until = MomentFilter(field_name="received_at", lookup_expr="lt", label="Before.")

    def of_contact(self, rows: "QuerySet[InboundMessage]", name: str, value: str) -> "QuerySet[InboundMessage]":
        """Those of a contact. Raises InvalidFields for a made-up id."""
        number = private_id(value, kind="con")
        if number is None:
            raise invalid("/contact", "There is no such contact.", code="unknown_id")
        return rows.filter(contact_id=number)


class InboundViews(StoreViews[InboundMessage]):
    """What people texted to the store's numbers."""

    kind = "inb"
    queryset = InboundMessage.objects.select_related("answer")
    serializer_class = InboundShape
    filterset_class = InboundFilter

    def list(self, request: Request) -> Response:
        """The texts, newest first. `?review=open` is the review list: who most likely asked for no more."""
        return self.page(self.get_queryset())

    def retrieve(self, request: Request, id: str) -> Response:
        """One text."""
        return Response(self.read(self.get_object()))

    @extend_schema(request=DecisionBody, responses=InboundShape)
    @refuses(review.Decided)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, id: str) -> Response:
        """It was an opt-out: the contact is opted out, as by STOP. No answer is sent."""
        return self._decided(review.confirm)

    @extend_schema(request=DecisionBody, responses=InboundShape)
    @refuses(review.Decided)
    @action(detail=True, methods=["post"])
    def lift(self, request: Request, id: str) -> Response:
        """It was no opt-out: they may be texted again, unless something else stands against it."""
        return self._decided(review.lift)

    def _decided(self, decide: Any) -> Response:
        row, store_id = self.get_object(), self.caller.store_id
        reason = self.body(DecisionBody).validated_data["reason"]
        decide(message_id=row.pk, store_id=store_id, actor=self.caller.actor, reason=reason)
        return Response(self.read(self.get_object()))


class InboundSettingsView(StoreViews[Store]):
    """How the store answers texts."""

    kind = "str"
    operation = "inbound_settings"
    store_path = "pk"
    needs = {"partial_update": "admin"}
    queryset = Store.objects.all()
    serializer_class = InboundSettingsBody

    @extend_schema(responses=InboundSettingsBody)
    def retrieve(self, request: Request) -> Response:
        """How the store answers texts."""
        return Response(self.read(settings_of(self.caller.store_id)))

    @extend_schema(request=InboundSettingsBody, responses=InboundSettingsBody)
    def partial_update(self, request: Request) -> Response:
        """Change how the store answers; what is left out stays."""
        row = settings_of(self.caller.store_id)
        changes = self.body(InboundSettingsBody, row=row).validated_data
        changed = change_settings(store=self.caller.store, changes=changes, actor=self.caller.actor)
        return Response(self.read(changed))
