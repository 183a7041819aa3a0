"""Prices before anything is sent."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.errors import AudienceInvalid
from audiences.openapi import refuses
from audiences.tenancy import StoreViews
from campaigns.content import validate
from campaigns.errors import NoMessageText
from campaigns.models import Campaign
from campaigns.quotes import Draft, make_quote
from campaigns.serializers import DraftBody, QuoteShape


class Quotes(StoreViews[Campaign]):
    """Pricing campaigns."""

    @extend_schema(request=DraftBody, responses={200: QuoteShape})
    @refuses(AudienceInvalid, NoMessageText)
    @action(detail=False, methods=["post"], url_path="quote")
    def quote_draft(self, request: Request) -> Response:
        """The exact price of a campaign that is not saved."""
        fields = self.body(DraftBody).stored(store_id=self.caller.store_id)
        validate(fields["message"], custom_fields=self.caller.store.custom_fields)
        quote = make_quote(store=self.caller.store, draft=Draft(**fields))
        return Response(QuoteShape(quote).data)

    @extend_schema(responses=QuoteShape)
    @refuses(NoMessageText)
    @action(detail=True)
    def quote(self, request: Request, id: str) -> Response:
        """The exact price of a campaign, valid for a quarter of an hour."""
        campaign = self.get_object()
        quote = make_quote(store=self.caller.store, draft=Draft.of(campaign), campaign_id=campaign.pk)
        return Response(QuoteShape(quote).data)
