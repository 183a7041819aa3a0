"""Routes of the billing API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from billing.api import BalanceView, LedgerViews, ReservationViews

router = SimpleRouter(trailing_slash=False)
router.register("billing/ledger", LedgerViews, basename="ledger")
router.register("billing/reservations", ReservationViews, basename="reservations")
urlpatterns = [path("store/balance", BalanceView.as_view({"get": "retrieve"}), name="balance"), *router.urls]
