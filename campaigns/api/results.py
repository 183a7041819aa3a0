"""How a campaign did: metrics, series, failures."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.openapi import refuses
from audiences.tenancy import StoreViews
from campaigns.failures import failures
from campaigns.metrics import measure
from campaigns.models import Campaign
from campaigns.serializers_watching import FailuresShape, MetricsShape, SeriesShape
from campaigns.series import BUCKETS, series
from config.problems import InvalidFields
from config.wire import Body, written


class SeriesQuery(Body):
    """How finely, and how much of it."""

    bucket = serializers.ChoiceField(choices=BUCKETS, required=False)
    hours = serializers.IntegerField(min_value=1, max_value=24 * 366, required=False)


class Results(StoreViews[Campaign]):
    """Looking at what came out."""

    @extend_schema(responses=MetricsShape)
    @action(detail=True, filterset_class=None)
    def metrics(self, request: Request, id: str) -> Response:
        """Rates, speed, delivery latency, parts and credits, retries, opt-outs. It costs the same for any size."""
        return Response(written(MetricsShape, measure(self.get_object())))

    @extend_schema(
        responses=SeriesShape,
        parameters=[
            OpenApiParameter("bucket", int, enum=BUCKETS, description="Seconds per point; else the finest that fits."),
            OpenApiParameter("hours", int, description="Only the first hours."),
        ],
    )
    @refuses(InvalidFields)
    @action(detail=True, filterset_class=None)
    def series(self, request: Request, id: str) -> Response:
        """Sent, delivered, undelivered and failed over time, at most 300 points."""
        campaign = self.get_object()
        query = SeriesQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        return Response(written(SeriesShape, series(campaign.pk, **query.validated_data)))

    @extend_schema(responses=FailuresShape)
    @action(detail=True, filterset_class=None)
    def failures(self, request: Request, id: str) -> Response:
        """Who did not get it, by reason: in plain words, with what can be done and what trying again would cost."""
        return Response(written(FailuresShape, failures(self.get_object())))
