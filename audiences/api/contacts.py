"""Contacts and their consent."""

from typing import cast

import django_filters
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.errors import DuplicatePhone
from audiences.models import ConsentEvent, Contact
from audiences.models.contacts import CONSENTS
from audiences.openapi import refuses
from audiences.pagination import InCrowd
from audiences.search import Found, beginning_with, phone_in
from audiences.serializers import (
    ConsentBody,
    ConsentEventShape,
    ContactBody,
    ContactLookupBody,
    EraseBody,
    NewContactBody,
)
from audiences.services.consent import change_consent
from audiences.services.contacts import create_contact, delete_contact, erase_contact, update_contact
from audiences.services.export import contacts_csv
from audiences.tenancy import StoreViews
from config.opaque import private_id
from config.problems import InvalidFields, invalid
from config.spreadsheet import Csv, download


class ContactFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What contacts can be narrowed by. A phone never stands in an address: addresses end up in logs."""

    consent = django_filters.ChoiceFilter(choices=[(consent, consent) for consent in CONSENTS])
    country = django_filters.CharFilter(max_length=2)
    list = django_filters.CharFilter(method="on_list", label="Id of a list that they are on.")

    def on_list(self, rows: "QuerySet[Contact]", name: str, value: str) -> "QuerySet[Contact]":
        """Those on one list, by the unique key of its members. Raises InvalidFields for what is no id of a list."""
        list_id = private_id(value, kind="lst")
        if list_id is None:
            raise invalid("/list", "Not an id of a list.", code="unknown_id")
        return rows.filter(memberships__list_id=list_id)


class ContactViews(StoreViews[Contact]):
    """Contacts."""

    kind = "con"
    needs = {"find": "read"}
    queryset = Contact.objects.filter(erased_at=None)
    serializer_class = ContactBody
    filterset_class = ContactFilter
    pagination_class = InCrowd
    crowded = ("list", "find")

    def list(self, request: Request) -> Response:
        """The store's contacts, newest first."""
        return self.page(self.get_queryset())

    @extend_schema(request=NewContactBody, responses={201: ContactBody})
    @refuses(DuplicatePhone)
    def create(self, request: Request) -> Response:
        """Add a contact."""
        values = dict(self.body(NewContactBody).validated_data)
        made = create_contact(
            store=self.caller.store,
            phone=values.pop("phone"),
            consent=values.pop("consent"),
            source=values.pop("consent_source"),
            evidence=values.pop("consent_evidence", None),
            values=values,
            actor=self.caller.actor,
        )
        return Response(self.read(made), status=201)

    def retrieve(self, request: Request, id: str) -> Response:
        """One contact."""
        return Response(self.read(self.get_object()))

    @refuses(DuplicatePhone)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change a contact; what is left out stays."""
        row = self.get_object()
        values = self.body(ContactBody, row=row).validated_data
        changed = update_contact(store=self.caller.store, contact_id=row.pk, values=values, actor=self.caller.actor)
        return Response(self.read(changed))

    def destroy(self, request: Request, id: str) -> Response:
        """Delete a contact. Whoever opted out stays on the suppression list."""
        delete_contact(store=self.caller.store, contact_id=self.get_object().pk, actor=self.caller.actor)
        return Response(status=204)

    @extend_schema(request=EraseBody, responses={204: None})
    @action(detail=True, methods=["post"])
    def erase(self, request: Request, id: str) -> Response:
        """Erase who asked for it: nothing here says any more who it was, and the number is never texted again.

        Amounts and counts stay. Only an owner lifts the suppression (`erased`).
        """
        row, reason = self.get_object(), self.body(EraseBody).validated_data["reason"]
        erase_contact(store=self.caller.store, contact_id=row.pk, actor=self.caller.actor, reason=reason)
        return Response(status=204)

    @extend_schema(request=ContactLookupBody, responses=ContactBody(many=True))
    @action(detail=False, methods=["post"], url_path="lookup", filterset_class=None, pagination_class=Found)
    def find(self, request: Request) -> Response:
        """Who has this phone, or whose names or e-mail begin with these words: in a body, so that no log has them.

        A page looks at a bounded number of contacts, newest first: it may be short while `next` is not null.
        """
        text, rows = self.body(ContactLookupBody).validated_data["text"], self.get_queryset()
        if phone := phone_in(text, country=self.caller.store.country):
            return self.page(rows.filter(store_id=self.caller.store_id, phone=phone))
        cast("Found", self.paginator).narrowed = beginning_with(text)
        return self.page(rows)

    @extend_schema(
        operation_id="contacts_export",
        responses={(200, "text/csv"): OpenApiTypes.STR},
        filters=True,
    )
    @refuses(InvalidFields)
    @action(detail=False, url_path=r"export\.csv", renderer_classes=[Csv, JSONRenderer], pagination_class=None)
    def export(self, request: Request) -> StreamingHttpResponse:
        """Every contact as CSV, streamed: `consent` and `country` narrow it. The file can be imported again."""
        asked = ContactFilter(request.query_params, Contact.objects.none())
        if not asked.is_valid():
            raise ValidationError(asked.errors)
        narrowed = {name: asked.form.cleaned_data[name] for name in ("consent", "country")}
        return download("contacts.csv", contacts_csv(store=self.caller.store, actor=self.caller.actor, **narrowed))

    @extend_schema(responses=ConsentEventShape(many=True), filters=False)
    @action(detail=True, serializer_class=ConsentEventShape, filterset_class=None)
    def consent(self, request: Request, id: str) -> Response:
        """Every change of the contact's consent with its source and evidence, newest first."""
        return self.page(ConsentEvent.objects.filter(contact=self.get_object()))

    @extend_schema(request=ConsentBody, responses=ContactBody)
    @action(detail=True, methods=["post"], url_path="opt-out")
    def opt_out(self, request: Request, id: str) -> Response:
        """No more marketing, from the next batch on; also waiting recipients are skipped."""
        return self._set_consent("opted_out")

    @extend_schema(request=ConsentBody, responses=ContactBody)
    @action(detail=True, methods=["post"], url_path="opt-in")
    def opt_in(self, request: Request, id: str) -> Response:
        """The person agreed to be texted, with the source and the evidence."""
        return self._set_consent("opted_in")

    def _set_consent(self, consent: str) -> Response:
        row = self.get_object()
        said = self.body(ConsentBody).validated_data
        change_consent(
            store_id=self.caller.store_id,
            contact_id=row.pk,
            consent=consent,
            source=said["source"],
            evidence=said.get("evidence"),
            actor=self.caller.actor,
        )
        return Response(self.read(self.get_object()))
