"""Trying what failed again."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.openapi import refuses
from audiences.quotas import counts_as
from audiences.tenancy import StoreViews
from billing.errors import MONEY
from campaigns.errors import InvalidStatus, NothingToRetry, QuoteChanged, StoreStopped
from campaigns.models import Campaign
from campaigns.serializers import CampaignBody
from campaigns.serializers_retry import RetryBody, RetryPriceShape
from campaigns.services.again import WORTH_RETRYING, price_of_retry, retry_failed
from campaigns.states import ERROR_CLASSES
from config.idempotency import idempotent
from config.problems import InvalidFields, invalid

CLASSES = OpenApiParameter(
    "classes", str, description=f"Error classes, comma-separated; without them: {', '.join(WORTH_RETRYING)}."
)


class Retrying(StoreViews[Campaign]):
    """A second run of a campaign, for those who failed in the first."""

    @extend_schema(request=RetryBody, responses={202: CampaignBody})
    @refuses(InvalidStatus, NothingToRetry, QuoteChanged, *MONEY, StoreStopped)
    @action(detail=True, methods=["post"], url_path="retry-failed")
    @counts_as("send")
    @idempotent
    def retry_failed(self, request: Request, id: str) -> Response:
        """Send to the failed recipients again, held at the price that `retry-price` tells.

        Only `failed` ones: who may have got the message (undelivered, unknown, unconfirmed) is never sent to twice.
        """
        campaign = self.get_object()
        asked = self.body(RetryBody).validated_data
        moved = retry_failed(
            store_id=self.caller.store_id,
            campaign_id=campaign.pk,
            actor=self.caller.actor,
            classes=asked["classes"],
            credits=asked["credits"],
        )
        return Response(self.read(moved), status=202)

    @extend_schema(responses=RetryPriceShape, parameters=[CLASSES])
    @refuses(InvalidFields)
    @action(detail=True, url_path="retry-price", filterset_class=None)
    def retry_price(self, request: Request, id: str) -> Response:
        """What retrying would cost, by error class."""
        campaign = self.get_object()
        classes = _classes(request.query_params.get("classes"))
        price = price_of_retry(store_id=self.caller.store_id, campaign_id=campaign.pk, classes=classes)
        return Response(RetryPriceShape(price).data)


def _classes(text: str | None) -> tuple[str, ...]:
    """The error classes of a query. Raises InvalidFields for one that there is not."""
    chosen = tuple(text.split(",")) if text else WORTH_RETRYING
    if unknown := sorted(set(chosen) - set(ERROR_CLASSES)):
        raise invalid("/classes", f"One of {', '.join(ERROR_CLASSES)}; not {', '.join(unknown)}.")
    return chosen
