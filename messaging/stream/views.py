"""From the API to the stream process."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.tenancy import StoreViews
from campaigns.models import Campaign
from config.opaque import public_id
from messaging.stream.tickets import Ticket, issue


class EventStream(JSONRenderer):
    """What an EventSource says that it accepts; only problems are ever rendered."""

    media_type = "text/event-stream"


class EventsView(StoreViews[Campaign]):
    """Live progress."""

    kind = "cmp"
    operation = "campaigns"
    unlimited = True
    queryset = Campaign.objects.all()
    renderer_classes = [JSONRenderer, EventStream]

    @extend_schema(
        request=None,
        responses={307: OpenApiResponse(description="`Location` is the stream (server-sent events).")},
    )
    def events(self, request: Request, id: str) -> Response:
        """Progress as it changes, by server-sent events: each `progress` event is the body of `progress`.

        The address that it redirects to may be opened for a minute. After `end` nothing more will come.
        """
        campaign = self.get_object()
        ticket = issue(Ticket(campaign.pk, campaign.store_id))
        where: dict[str, Any] = {
            "Location": f"{settings.STREAM_URL}/stream/campaigns/{public_id(campaign.pk, kind='cmp')}?"
            + urlencode({"ticket": ticket}),
            "Cache-Control": "no-store",
        }
        return Response(status=307, headers=where)
