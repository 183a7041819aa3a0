"""What a person may do to a campaign: send it, plan it, hold it, stop it."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.openapi import refuses
from audiences.quotas import counts_as
from audiences.tenancy import StoreViews
from billing.errors import MONEY, BillingHold, SubscriptionRequired
from campaigns.errors import (
    AlreadySending,
    InvalidStatus,
    NoMessageText,
    NoRecipients,
    QuoteChanged,
    QuoteRequired,
    StoreStopped,
)
from campaigns.models import Campaign
from campaigns.serializers import CampaignBody, EnqueueBody, EnqueuedShape, ReasonBody
from campaigns.serializers_moves import ScheduleBody
from campaigns.services import moves
from campaigns.services.launch import Launched, launch
from campaigns.services.schedule import ChangedMeanwhile, schedule, unschedule
from config.idempotency import idempotent
from config.logging import request_id

ENQUEUED = OpenApiExample(
    "Accepted",
    value={
        "id": "cmp_afpzgdmglf3rzstb5aypn6wv4e",
        "status": "sending",
        "recipients": 9412,
        "credits_held": 9874,
        "queue": {"state": "available"},
        "request_id": "6f1c0f5e-6a39-4d38-9c0e-0c8f3d1f2b77",
    },
    response_only=True,
)
Move = Callable[..., Campaign]


class Moves(StoreViews[Campaign]):
    """Moving campaigns."""

    @extend_schema(request=EnqueueBody, responses={202: EnqueuedShape}, examples=[ENQUEUED])
    @refuses(
        NoMessageText,
        NoRecipients,
        *MONEY,
        StoreStopped,
        AlreadySending,
        InvalidStatus,
        QuoteRequired,
        QuoteChanged,
    )
    @action(detail=True, methods=["post"])
    @counts_as("send")
    @idempotent
    def enqueue(self, request: Request, id: str) -> Response:
        """Send now, for exactly the price of the quote: the credits are held before the answer.

        Without `quote_id` a small audience is priced in passing.
        """
        campaign = self.get_object()
        quote_id = self.body(EnqueueBody).validated_data.get("quote_id")
        launched = launch(
            store_id=self.caller.store_id, campaign_id=campaign.pk, quote_id=quote_id, actor=self.caller.actor
        )
        return Response(enqueued(launched), status=202)

    @extend_schema(request=ScheduleBody, responses=CampaignBody)
    @refuses(
        NoMessageText,
        StoreStopped,
        BillingHold,
        SubscriptionRequired,
        InvalidStatus,
        QuoteChanged,
        ChangedMeanwhile,
    )
    @action(detail=True, methods=["post"])
    @counts_as("send")
    @idempotent
    def schedule(self, request: Request, id: str) -> Response:
        """Send at a time: one for all, or the recipients' own. The credits are held when it starts.

        With a `quote_id` it starts for at most that price; dearer, it stays scheduled and says why.
        """
        campaign = self.get_object()
        return self._moved(schedule, campaign, plan=self.body(ScheduleBody).plan(campaign))

    @extend_schema(request=ReasonBody, responses=CampaignBody)
    @refuses(InvalidStatus)
    @action(detail=True, methods=["post"])
    def unschedule(self, request: Request, id: str) -> Response:
        """Back to draft."""
        return self._with_reason(unschedule)

    @extend_schema(request=ReasonBody, responses=CampaignBody)
    @refuses(InvalidStatus)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, id: str) -> Response:
        """Stop after the batches in flight."""
        return self._with_reason(moves.pause)

    @extend_schema(request=ReasonBody, responses=CampaignBody)
    @refuses(InvalidStatus, StoreStopped, BillingHold, SubscriptionRequired)
    @action(detail=True, methods=["post"])
    @idempotent
    def resume(self, request: Request, id: str) -> Response:
        """Go on where it was paused."""
        return self._with_reason(moves.resume)

    @extend_schema(request=ReasonBody, responses=CampaignBody)
    @refuses(InvalidStatus)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, id: str) -> Response:
        """Send nothing more. Batches in flight finish and are billed; the rest of the hold comes back."""
        return self._with_reason(moves.cancel)

    def _with_reason(self, move: Move) -> Response:
        campaign = self.get_object()
        return self._moved(move, campaign, reason=self.body(ReasonBody).validated_data["reason"])

    def _moved(self, move: Move, campaign: Campaign, **arguments: Any) -> Response:
        moved = move(store_id=self.caller.store_id, campaign_id=campaign.pk, actor=self.caller.actor, **arguments)
        return Response(self.read(moved))


def enqueued(launched: Launched) -> dict[str, Any]:
    """The contract's answer to enqueue."""
    shown = {
        "id": launched.campaign.pk,
        "status": launched.campaign.status,
        "recipients": launched.recipients,
        "credits_held": launched.credits_held,
        "queue": {"state": launched.queue_state},
        "request_id": request_id(),
    }
    return dict(EnqueuedShape(shown).data)
