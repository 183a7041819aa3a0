"""Routes of the billing API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from billing.api.books import BalanceView, LedgerViews, ReservationViews, StatementFile, StatementView
from billing.api.plans import PlanViews, PriceViews, SubscriptionView

router = SimpleRouter(trailing_slash=False)
router.register("billing/ledger", LedgerViews, basename="ledger")
router.register("billing/reservations", ReservationViews, basename="reservations")
router.register("billing/prices", PriceViews, basename="prices")
router.register("billing/plans", PlanViews, basename="plans")
urlpatterns = [
    path("store/balance", BalanceView.as_view({"get": "retrieve"}), name="balance"),
    path("billing/statement", StatementView.as_view({"get": "retrieve"}), name="statement"),
    path("billing/statement.csv", StatementFile.as_view({"get": "download"}), name="statement-file"),
    path("billing/subscription", SubscriptionView.as_view({"get": "retrieve"}), name="subscription"),
    *router.urls,
]
