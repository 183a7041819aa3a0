"""Watching the store: its dashboard and its message log."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.models import Store
from audiences.openapi import refuses
from audiences.services.contacts import read_phone
from audiences.tenancy import StoreViews
from config.opaque import private_id
from config.problems import InvalidFields, invalid
from config.spreadsheet import Csv, download
from config.wire import Body
from messaging.models import MessageLog
from messaging.watching.dashboard import dashboard
from messaging.watching.direct import SendMessages
from messaging.watching.messages import Asked, Newest, contact_with, lines_of, messages_csv, narrow, with_recipients
from messaging.watching.serializers import DashboardShape, MessageShape
from messaging.watching.words import OUTCOMES

KINDS = ("attempt", "receipt", "poll", "late", "decision", "inbound")
WORDS = tuple(dict.fromkeys([*(outcome for _, outcome in OUTCOMES), "refused", "unsure"]))
PAGING = {"cursor", "limit", "fields"}
FIRST_YEAR, LAST_YEAR = 1970, 9000


class DashboardView(StoreViews[Store]):
    """The store at a glance."""

    kind = "str"
    operation = "store"
    store_path = "pk"
    queryset = Store.objects.all()

    @extend_schema(responses=DashboardShape)
    def dashboard(self, request: Request) -> Response:
        """The last thirty days, the balance, what runs and is planned, and what somebody should look at."""
        return Response(DashboardShape(dashboard(self.caller.store)).data)


class MessageQuery(Body):
    """What the log is narrowed by. There is no phone: addresses end up in logs and histories."""

    kind = serializers.ChoiceField(choices=KINDS, required=False)
    outcome = serializers.ChoiceField(choices=WORDS, required=False)
    campaign = serializers.CharField(required=False)
    contact = serializers.CharField(required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


def _number(said: Mapping[str, Any], name: str, *, kind: str) -> int | None:
    """The primary key behind an id of the query. Raises InvalidFields for what is none."""
    if name not in said:
        return None
    number = private_id(said[name], kind=kind)
    if number is None:
        raise invalid(f"/{name}", "There is no such thing.", code="unknown_id")
    return number


def _moment(said: Mapping[str, Any], name: str) -> datetime | None:
    """A time of the query in UTC. Raises InvalidFields for one that no message can have."""
    if name not in said:
        return None
    if not FIRST_YEAR <= said[name].year <= LAST_YEAR:
        raise invalid(f"/{name}", "This time is out of range.")
    moment: datetime = said[name].astimezone(UTC)
    return moment


class MessageLookupBody(Body):
    """Whose messages."""

    phone = serializers.CharField(max_length=40, help_text="Any usual way of writing; the whole number.")


FILTERS = [
    OpenApiParameter("kind", str, enum=KINDS),
    OpenApiParameter("outcome", str, enum=WORDS),
    OpenApiParameter("campaign", str, description="Id of a campaign."),
    OpenApiParameter("contact", str, description="Id of a contact."),
    OpenApiParameter("since", OpenApiTypes.DATETIME, description="Not before."),
    OpenApiParameter("until", OpenApiTypes.DATETIME, description="Before."),
]


class MessageViews(SendMessages):
    """The message log: append-only evidence."""

    kind = "log"
    needs = {"lookup": "read"}
    queryset = MessageLog.objects.all()
    serializer_class = MessageShape
    pagination_class = Newest

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request) -> Response:
        """Every attempt, receipt and decision, newest first.

        A narrowed page may be short: go on until `next` is null.
        """
        return self._shown(self._asked(request))

    @extend_schema(request=MessageLookupBody, responses=MessageShape(many=True))
    @action(detail=False, methods=["post"])
    def lookup(self, request: Request) -> Response:
        """The messages of the contact with a phone, newest first."""
        phone = read_phone(self.body(MessageLookupBody).validated_data["phone"], store=self.caller.store)
        return self._shown(Asked(contact=contact_with(store=self.caller.store, phone=phone.e164)))

    @extend_schema(parameters=FILTERS, responses={(200, "text/csv"): OpenApiTypes.STR})
    @refuses(InvalidFields)
    @action(detail=False, url_path=r"export\.csv", renderer_classes=[Csv, JSONRenderer], pagination_class=None)
    def export(self, request: Request) -> StreamingHttpResponse:
        """The log as CSV, oldest first, streamed."""
        asked = self._asked(request)
        return download("messages.csv", messages_csv(store=self.caller.store, actor=self.caller.actor, asked=asked))

    def _asked(self, request: Request) -> Asked:
        said = {name: value for name, value in request.query_params.items() if name not in PAGING}
        query = MessageQuery(data=said)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        return Asked(
            kind=asked.get("kind"),
            outcome=asked.get("outcome"),
            campaign=_number(asked, "campaign", kind="cmp"),
            contact=_number(asked, "contact", kind="con"),
            since=_moment(asked, "since"),
            until=_moment(asked, "until"),
        )

    def _shown(self, asked: Asked) -> Response:
        pages = self.paginator
        if isinstance(pages, Newest):
            pages.narrowed = narrow(asked)
        page = self.paginate_queryset(lines_of(self.caller.store_id, asked)) or []
        return self.get_paginated_response(self.shown(with_recipients(page)))
