"""What can be had, for how much, and what the store has of it."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.tenancy import StoreViews
from billing.models import Plan, Price, Subscription
from billing.payments.gateway import available
from billing.prices import in_force
from billing.serializers import PlanShape, PriceShape, SubscriptionShape
from billing.services import seen
from billing.standing import check_standing
from config.problems import Problem


class ForEveryStore(StoreViews[Any]):
    """Rows that are the same for every store."""

    def get_queryset(self) -> "QuerySet[Any]":
        """All of them."""
        rows: QuerySet[Any] = type(self).queryset.all()  # type: ignore[union-attr]
        return rows.none() if getattr(self, "swagger_fake_view", False) else rows


class PriceViews(ForEveryStore):
    """Prices."""

    kind = "prc"
    queryset = Price.objects.all()
    serializer_class = PriceShape

    def list(self, request: Request) -> Response:
        """Credits per part by country, with what is to come, newest first. Without any price a part is one credit."""
        return self.page(in_force(self.get_queryset(), now=timezone.now()))


class PlanViews(ForEveryStore):
    """Plans."""

    kind = "pln"
    queryset = Plan.objects.filter(active=True)
    serializer_class = PlanShape

    def list(self, request: Request) -> Response:
        """What can be subscribed to."""
        return self.page(self.get_queryset())


class SubscriptionView(StoreViews[Subscription]):
    """The store's subscription."""

    kind = "sub"
    operation = "subscription"
    queryset = Subscription.objects.all()
    serializer_class = SubscriptionShape

    @extend_schema(responses=SubscriptionShape)
    def retrieve(self, request: Request) -> Response:
        """The plan, its period, and whether the store may send."""
        return Response(self.read(subscription_of(self.caller.store_id)))


def subscription_of(store_id: int) -> dict[str, Any]:
    """The subscription as SubscriptionShape shows it; the nulls of a store that has none."""
    row = Subscription.objects.select_related("plan").filter(store_id=store_id).first()
    return {
        "plan": row.plan if row else None,
        "status": row.status if row else None,
        "managed_by": row.managed_by if row else "stripe" if available() else "staff",
        "period": {"start": row.period_start, "end": row.period_end} if row else None,
        "ends_at_period_end": bool(row and row.ends_at_period_end),
        "required": settings.SUBSCRIPTION_REQUIRED,
        **_standing(store_id),
        "refund_on": seen(store_id).refund_on,
    }


def _standing(store_id: int) -> dict[str, Any]:
    try:
        check_standing(store_id)
    except Problem as problem:
        return {"may_send": False, "reason": problem.code, "detail": problem.detail}
    return {"may_send": True, "reason": None, "detail": None}
