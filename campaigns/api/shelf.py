"""What is done to a campaign beside sending it: copy, put away, prioritise, test."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.openapi import refuses
from audiences.tenancy import StoreViews
from billing.errors import MONEY
from campaigns.errors import InvalidStatus, NoMessageText, StoreStopped
from campaigns.models import Campaign
from campaigns.sent import SentShape, shown
from campaigns.serializers import CampaignBody, ReasonBody
from campaigns.serializers_moves import CloneBody, PriorityBody, TestBody
from campaigns.services import shelf
from campaigns.services.priority import prioritise
from campaigns.services.shelf import NotWritten
from campaigns.services.trial import TooManyTests, send_test
from config.idempotency import idempotent


class Shelf(StoreViews[Campaign]):
    """Copying, archiving, prioritising and testing campaigns."""

    @extend_schema(request=CloneBody, responses={201: CampaignBody})
    @refuses(NotWritten)
    @action(detail=True, methods=["post"])
    @idempotent
    def clone(self, request: Request, id: str) -> Response:
        """A new draft with the same message and audience."""
        campaign, name = self.get_object(), self.body(CloneBody).validated_data["name"]
        copy = shelf.clone(
            store_id=self.caller.store_id, campaign_id=campaign.pk, actor=self.caller.actor, name=name.strip()
        )
        return Response(self.read(copy), status=201)

    @extend_schema(request=ReasonBody, responses=CampaignBody)
    @refuses(InvalidStatus)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, id: str) -> Response:
        """Leave an ended campaign out of the list; `?archived=true` shows it."""
        campaign, reason = self.get_object(), self.body(ReasonBody).validated_data["reason"]
        moved = shelf.archive(
            store_id=self.caller.store_id, campaign_id=campaign.pk, actor=self.caller.actor, reason=reason
        )
        return Response(self.read(moved))

    @extend_schema(request=ReasonBody, responses=CampaignBody)
    @action(detail=True, methods=["post"])
    def unarchive(self, request: Request, id: str) -> Response:
        """List it again."""
        campaign, reason = self.get_object(), self.body(ReasonBody).validated_data["reason"]
        moved = shelf.unarchive(
            store_id=self.caller.store_id, campaign_id=campaign.pk, actor=self.caller.actor, reason=reason
        )
        return Response(self.read(moved))

    @extend_schema(request=PriorityBody, responses=CampaignBody)
    @refuses(InvalidStatus)
    @action(detail=True, methods=["post"])
    def priority(self, request: Request, id: str) -> Response:
        """Another priority, also while it is being sent: it counts from the next batch on."""
        campaign, asked = self.get_object(), self.body(PriorityBody).validated_data
        moved = prioritise(store_id=self.caller.store_id, campaign_id=campaign.pk, actor=self.caller.actor, **asked)
        return Response(self.read(moved))

    @extend_schema(request=TestBody, responses={202: SentShape})
    @refuses(NotWritten, NoMessageText, *MONEY, StoreStopped, TooManyTests)
    @action(detail=True, methods=["post"])
    @idempotent
    def test(self, request: Request, id: str) -> Response:
        """Send the message to at most five numbers of your own. Each costs what any message costs.

        A number that opted out or is suppressed is refused. A store may send so many tests an hour.
        """
        campaign, asked = self.get_object(), self.body(TestBody).validated_data
        sent = send_test(
            store=self.caller.store,
            campaign_id=campaign.pk,
            to=asked["to"],
            contact_id=asked.get("contact"),
            values=asked["values"],
            actor=self.caller.actor,
        )
        return Response(shown(sent), status=202)
