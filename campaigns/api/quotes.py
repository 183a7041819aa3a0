"""Prices before anything is sent."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.errors import AudienceInvalid
from audiences.openapi import refuses
from audiences.tenancy import StoreViews
from campaigns.content import validate
from campaigns.drafts import Draft
from campaigns.errors import NoMessageText
from campaigns.models import Campaign
from campaigns.quotes import make_quote
from campaigns.serializers import DraftBody
from campaigns.serializers_quote import QuoteShape, quoted
from campaigns.services.gate import Intent


class Quotes(StoreViews[Campaign]):
    """Pricing campaigns."""

    @extend_schema(request=DraftBody, responses={200: QuoteShape})
    @refuses(AudienceInvalid, NoMessageText)
    @action(detail=False, methods=["post"], url_path="quote")
    def quote_draft(self, request: Request) -> Response:
        """The exact price of a campaign that is not saved."""
        store = self.caller.store
        fields = self.body(DraftBody).stored(store_id=store.pk)
        validate(fields["message"], custom_fields=store.custom_fields)
        draft = Draft.unsaved(store=store, fields=fields)
        return Response(quoted(Intent(store, make_quote(store=store, draft=draft)), draft))

    @extend_schema(responses=QuoteShape)
    @refuses(NoMessageText)
    @action(detail=True)
    def quote(self, request: Request, id: str) -> Response:
        """The exact price of a campaign, valid for a quarter of an hour, and what stands in its way."""
        store, campaign = self.caller.store, self.get_object()
        draft = Draft.of(campaign)
        made = make_quote(store=store, draft=draft, campaign_id=campaign.pk)
        return Response(quoted(Intent(store, made, campaign.status), draft))
