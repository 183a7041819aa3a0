"""Buying credits and plans by card."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.openapi import refuses
from audiences.quotas import counts_as
from audiences.tenancy import StoreViews
from billing.api.plans import ForEveryStore
from billing.models import Invoice, Package, Payment
from billing.payments.checkout import AlreadySubscribed, NeverPaid, Order, portal, start_checkout
from billing.payments.gateway import PaymentsFailed, PaymentsUnavailable
from billing.serializers_payments import (
    CheckoutBody,
    InvoiceShape,
    PackageShape,
    PaymentShape,
    PortalBody,
    PortalShape,
)
from config.idempotency import idempotent


class PackageViews(ForEveryStore):
    """Packages."""

    kind = "pkg"
    queryset = Package.objects.filter(active=True)
    serializer_class = PackageShape

    def list(self, request: Request) -> Response:
        """Credits that can be bought at once."""
        return self.page(self.get_queryset())


class InvoiceViews(StoreViews[Invoice]):
    """Invoices."""

    kind = "inv"
    queryset = Invoice.objects.all()
    serializer_class = InvoiceShape

    def list(self, request: Request) -> Response:
        """What was invoiced to the store, newest first. Empty where nobody pays by card."""
        return self.page(self.get_queryset())


class CheckoutView(StoreViews[Payment]):
    """Checkouts."""

    kind = "pay"
    operation = "checkout"
    needs = {"*": "admin"}
    queryset = Payment.objects.select_related("package", "plan")
    serializer_class = PaymentShape

    @extend_schema(request=CheckoutBody, responses={201: PaymentShape})
    @refuses(PaymentsUnavailable, PaymentsFailed, AlreadySubscribed)
    @counts_as("send")
    @idempotent
    def create(self, request: Request) -> Response:
        """Begin to buy a package or a plan: the answer's `url` is the page on which it is paid, valid for a day.

        Credits and plan come when the payment has. Without card payments here: 409 `PAYMENTS_UNAVAILABLE`, ask us.
        """
        asked: dict[str, Any] = self.body(CheckoutBody).validated_data
        home = f"{settings.PUBLIC_URL}/billing/buy"
        order = Order(
            package_id=asked.get("package"),
            plan=asked.get("plan"),
            success_url=asked.get("success_url") or f"{home}?paid=yes",
            cancel_url=asked.get("cancel_url") or f"{home}?paid=no",
        )
        started = start_checkout(store=self.caller.store, order=order, actor=self.caller.actor)
        started.payment.url = started.url  # type: ignore[attr-defined]  # shown once: it is not kept
        return Response(self.read(started.payment), status=201)


class PortalView(StoreViews[Payment]):
    """Stripe's portal."""

    kind = "pay"
    operation = "portal"
    needs = {"*": "admin"}
    queryset = Payment.objects.all()
    serializer_class = PortalShape

    @extend_schema(request=PortalBody, responses={201: PortalShape})
    @refuses(PaymentsUnavailable, PaymentsFailed, NeverPaid)
    def create(self, request: Request) -> Response:
        """A page on which the owner changes cards, sees invoices and ends the subscription; valid for minutes."""
        back = self.body(PortalBody).validated_data.get("return_url") or f"{settings.PUBLIC_URL}/billing/buy"
        return Response({"url": portal(store=self.caller.store, return_url=back)}, status=201)
