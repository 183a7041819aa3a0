"""Watching one campaign: progress, a refresh from the provider, the trace of a recipient."""

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.openapi import refuses
from audiences.tenancy import StoreViews
from campaigns.models import Campaign, CampaignRecipient
from config.moment import is_one_moment
from config.opaque import private_id
from config.problems import NotFound
from messaging.watching.progress import look
from messaging.watching.refresh import AskedJustNow, refresh
from messaging.watching.serializers import ProgressShape, RefreshedShape, TraceShape
from messaging.watching.trace import trace

UNCHANGED = OpenApiResponse(description="Nothing changed since the presented ETag.")


class WatchedCampaignViews(StoreViews[Campaign]):
    """What of a campaign needs providers or the message log."""

    kind = "cmp"
    operation = "campaigns"
    queryset = Campaign.objects.select_related("quote", "snapshot")

    @extend_schema(
        responses={200: ProgressShape, 304: UNCHANGED},
        parameters=[OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="The last ETag.")],
    )
    def progress(self, request: Request, id: str) -> Response:
        """Recipients by status, rate and end, from counters: it costs the same for ten and for ten million.

        The ETag changes with everything but the rate and the time of the end, which follow from the clock.
        """
        seen = look(campaign_id=self.key_of_mine(), store_id=self.caller.store_id)
        tag = f'W/"{seen.tag}"'
        if tag in [part.strip() for part in request.headers.get("If-None-Match", "").split(",")]:
            return Response(status=304, headers={"ETag": tag})
        return Response(seen.body, headers={"ETag": tag})

    def key_of_mine(self) -> int:
        """The campaign's primary key, without reading the whole row. Raises NotFound, also for another store's."""
        if is_one_moment():
            return int(self.get_object().pk)
        key = self.get_queryset().filter(pk=self.key()).values_list("pk", flat=True).first()
        if key is None:
            raise NotFound
        return key

    @extend_schema(request=None, responses={202: RefreshedShape})
    @refuses(AskedJustNow)
    def refresh(self, request: Request, id: str) -> Response:
        """Ask the provider now after recipients without a final word, once a minute at most."""
        asked = refresh(store=self.caller.store, campaign_id=self.key_of_mine(), actor=self.caller.actor)
        return Response(RefreshedShape(asked).data, status=202)

    @extend_schema(responses=TraceShape)
    def trace(self, request: Request, id: str, rid: str) -> Response:
        """Why this person got it, or did not: consent, price, batches, calls, receipts and money, in order."""
        campaign = self.get_object()
        rows = CampaignRecipient.objects.select_related("contact")
        recipient = rows.filter(pk=private_id(rid, kind="rcp") or 0, campaign_id=campaign.pk).first()
        if recipient is None:
            raise NotFound
        return Response(TraceShape(trace(campaign=campaign, recipient=recipient)).data)
