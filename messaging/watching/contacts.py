"""Watching one contact."""

from typing import cast

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.models import Contact
from audiences.tenancy import StoreViews
from messaging.watching.person import document
from messaging.watching.serializers import EntryShape
from messaging.watching.timeline import Timeline


class TimelineView(StoreViews[Contact]):
    """What of a contact needs the message log."""

    kind = "con"
    operation = "contacts"
    queryset = Contact.objects.filter(erased_at=None)
    serializer_class = EntryShape
    pagination_class = Timeline

    @extend_schema(responses=EntryShape(many=True))
    def timeline(self, request: Request, id: str) -> Response:
        """Consent, sign-ups, suppressions, messages and clicks of a contact in one list, newest first."""
        pages = cast("Timeline", self.paginator)
        page = pages.entries(self.get_object(), request)
        return pages.get_paginated_response(self.shown(page))


class PersonView(StoreViews[Contact]):
    """All of a contact, for the person who asks for it."""

    kind = "con"
    operation = "contacts"
    queryset = Contact.objects.filter(erased_at=None)
    pagination_class = None

    @extend_schema(operation_id="contacts_export_one", responses=OpenApiTypes.OBJECT)
    def export(self, request: Request, id: str) -> StreamingHttpResponse:
        """Everything about one person: contact, lists, consent, messages with their texts, replies, clicks, events.

        One JSON document, streamed; each export is in the audit.
        """
        pieces = document(self.get_object(), actor=self.caller.actor)
        response = StreamingHttpResponse(pieces, content_type="application/json")
        response["Content-Disposition"] = 'attachment; filename="contact.json"'
        response["Cache-Control"] = "no-store"
        return response
