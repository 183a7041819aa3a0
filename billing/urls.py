"""Routes of the billing API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from billing.api.books import BalanceView, LedgerViews, ReservationViews, StatementFile, StatementView
from billing.api.payments import CheckoutView, InvoiceViews, PackageViews, PortalView
from billing.api.plans import PlanViews, PriceViews, SubscriptionView

router = SimpleRouter(trailing_slash=False)
router.register("billing/ledger", LedgerViews, basename="ledger")
router.register("billing/reservations", ReservationViews, basename="reservations")
router.register("billing/prices", PriceViews, basename="prices")
router.register("billing/plans", PlanViews, basename="plans")
router.register("billing/packages", PackageViews, basename="packages")
router.register("billing/invoices", InvoiceViews, basename="invoices")
urlpatterns = [
    path("billing/checkout", CheckoutView.as_view({"post": "create"}), name="checkout"),
    path("billing/portal", PortalView.as_view({"post": "create"}), name="portal"),
    path("store/balance", BalanceView.as_view({"get": "retrieve"}), name="balance"),
    path("billing/statement", StatementView.as_view({"get": "retrieve"}), name="statement"),
    path("billing/statement.csv", StatementFile.as_view({"get": "download"}), name="statement-file"),
    path("billing/subscription", SubscriptionView.as_view({"get": "retrieve"}), name="subscription"),
    *router.urls,
]
