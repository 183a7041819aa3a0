"""Watching one contact."""

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.models import Contact
from audiences.tenancy import StoreViews
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
        return pages.get_paginated_response(self.get_serializer(page, many=True).data)
