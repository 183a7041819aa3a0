"""The bodies of paying by card. Money is in cents."""

from typing import Any

from rest_framework import serializers

from billing.models.payments import INVOICE_STATUSES, PAYMENT_KINDS
from billing.states import PAYMENT
from config.wire import Body, PublicId

ADDRESS_MAX = 500


class PackageShape(serializers.Serializer[Any]):
    """Credits that are bought at once."""

    id = PublicId(kind="pkg")
    name = serializers.CharField()
    credits = serializers.IntegerField()
    price_cents = serializers.IntegerField(help_text="Without VAT.")
    currency = serializers.CharField()


class InvoiceShape(serializers.Serializer[Any]):
    """An invoice of Stripe's."""

    id = PublicId(kind="inv")
    number = serializers.CharField(help_text="Empty until it is final.")
    status = serializers.ChoiceField(choices=INVOICE_STATUSES)
    amount_cents = serializers.IntegerField()
    currency = serializers.CharField()
    page_url = serializers.CharField(help_text="Where it can be seen and paid.")
    pdf_url = serializers.CharField()
    issued_at = serializers.DateTimeField()


class CheckoutBody(Body):
    """What to buy: one of `package` and `plan`."""

    package = PublicId(kind="pkg", required=False)
    plan = serializers.SlugField(max_length=20, required=False, help_text="The code of a plan.")
    success_url = serializers.URLField(max_length=ADDRESS_MAX, required=False, help_text="Where to go when it is paid.")
    cancel_url = serializers.URLField(max_length=ADDRESS_MAX, required=False, help_text="Where to go when it is not.")


class PaymentShape(serializers.Serializer[Any]):
    """A checkout that began."""

    id = PublicId(kind="pay")
    kind = serializers.ChoiceField(choices=PAYMENT_KINDS)
    status = serializers.ChoiceField(choices=PAYMENT.states)
    credits = serializers.IntegerField(help_text="That come when it is paid.")
    amount_cents = serializers.IntegerField()
    currency = serializers.CharField()
    url = serializers.CharField(help_text="The page on which it is paid.")
    created_at = serializers.DateTimeField()


class PortalBody(Body):
    """Where to go afterwards."""

    return_url = serializers.URLField(max_length=ADDRESS_MAX, required=False)


class PortalShape(serializers.Serializer[Any]):
    """Where to go now."""

    url = serializers.CharField()
