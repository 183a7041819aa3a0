"""Texts before anything is sent."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.errors import AudienceInvalid
from audiences.openapi import refuses
from audiences.tenancy import StoreViews
from billing.prices import price_table
from campaigns.content import validate
from campaigns.drafts import Draft, prices_of
from campaigns.models import Campaign
from campaigns.preview import Preview, preview
from campaigns.serializers_quote import PreviewDraftBody, TextPreviewShape
from config.opaque import private_id
from config.problems import InvalidFields, invalid

CONTACT = OpenApiParameter("contact", str, description="This contact (`con_…`) instead of the first recipients.")


class Previews(StoreViews[Campaign]):
    """Rendering campaigns."""

    @extend_schema(request=PreviewDraftBody, responses={200: TextPreviewShape})
    @refuses(AudienceInvalid)
    @action(detail=False, methods=["post"], url_path="preview")
    def preview_draft(self, request: Request) -> Response:
        """What real contacts would read of a campaign that is not saved."""
        store, now = self.caller.store, timezone.now()
        fields = self.body(PreviewDraftBody).stored(store_id=store.pk)
        contact_id = fields.pop("contact", None)
        validate(fields["message"], custom_fields=store.custom_fields)
        draft = Draft.unsaved(store=store, fields=fields)
        made = preview(store=store, draft=draft, prices=price_table(now), contact_id=contact_id)
        return Response(_shown(made, contact_id))

    @extend_schema(responses=TextPreviewShape, parameters=[CONTACT])
    @refuses(InvalidFields)
    @action(detail=True, filterset_class=None)
    def preview(self, request: Request, id: str) -> Response:
        """What real contacts read of a campaign; once launched with its frozen opt-out text and prices."""
        campaign, now = self.get_object(), timezone.now()
        wanted = request.query_params.get("contact")
        contact_id = private_id(wanted, kind="con") or 0 if wanted is not None else None
        draft, prices = Draft.of(campaign), prices_of(campaign, now=now)
        made = preview(store=self.caller.store, draft=draft, prices=prices, contact_id=contact_id)
        return Response(_shown(made, contact_id))


def _shown(made: Preview, contact_id: int | None) -> dict[str, object]:
    if contact_id is not None and not made.messages:
        raise invalid("/contact", "There is no such contact.", code="unknown_id")
    return dict(TextPreviewShape(made).data)
