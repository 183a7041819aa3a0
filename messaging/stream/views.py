"""From the API to the stream process."""

from urllib.parse import urlencode

from django.conf import settings
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.models import Store
from audiences.tenancy import StoreViews
from campaigns.models import Campaign
from messaging.stream.tickets import WHOLE_STORE, Ticket, issue


class EventStream(JSONRenderer):
    """What an EventSource says that it accepts; only problems are ever rendered."""

    media_type = "text/event-stream"


THERE = OpenApiResponse(description="`Location` is the stream (server-sent events).")


class EventsView(StoreViews[Campaign]):
    """Live progress."""

    kind = "cmp"
    operation = "campaigns"
    unlimited = True
    queryset = Campaign.objects.all()
    renderer_classes = [JSONRenderer, EventStream]

    @extend_schema(request=None, responses={307: THERE})
    def events(self, request: Request, id: str) -> Response:
        """Progress as it changes, by server-sent events: each `progress` event is the body of `progress`.

        The address that it redirects to may be opened for a minute. After `end` nothing more will come. A stream is
        closed after half an hour: open this address again, as an EventSource does by itself.
        """
        campaign = self.get_object()
        return to_stream(Ticket(campaign.pk, campaign.store_id))


class StoreEventsView(StoreViews[Store]):
    """Live progress of everything."""

    kind = "str"
    operation = "store"
    unlimited = True
    store_path = "pk"
    queryset = Store.objects.all()
    renderer_classes = [JSONRenderer, EventStream]

    @extend_schema(request=None, responses={307: THERE})
    def events(self, request: Request) -> Response:
        """The store's campaigns as they change, by server-sent events: a `campaigns` event is the whole list in short.

        In it are those that are on their way and the newest. It has no end; otherwise as a campaign's events.
        """
        return to_stream(Ticket(WHOLE_STORE, self.caller.store_id))


def to_stream(ticket: Ticket) -> Response:
    """The redirection to the stream, with a ticket in its address."""
    address = f"{settings.STREAM_URL}{ticket.path}?{urlencode({'ticket': issue(ticket)})}"
    return Response(status=307, headers={"Location": address, "Cache-Control": "no-store"})
