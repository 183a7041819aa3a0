"""What was bought by card, and what Stripe said: shown, never written."""

from django.contrib import admin

from billing.models import Invoice, Package, Payment, StripeEvent
from billing.models.payments import INVOICE_STATUSES
from billing.states import PAYMENT
from config.ops.marks import state
from config.ops.pages import choice
from config.ops.rows import OpsAdmin


@admin.register(Package)
class PackageAdmin(OpsAdmin):
    """What can be bought at once."""

    kind = "pkg"
    list_display = ("name", "credits", "price_cents", "currency", "active")


@admin.register(Payment)
class PaymentAdmin(OpsAdmin):
    """Checkouts."""

    kind = "pay"
    audited = "payment"
    list_display = ("id", "store", "kind", state("status"), "credits", "amount_cents", "credits_taken", "created_at")
    list_filter = (choice("status", PAYMENT.states),)
    list_select_related = ("store",)
    search_fields = ("pk", "session", "intent", "store__slug")
    raw_id_fields = ("store",)


@admin.register(Invoice)
class InvoiceAdmin(OpsAdmin):
    """Invoices of Stripe's."""

    kind = "inv"
    list_display = ("number", "store", state("status"), "amount_cents", "currency", "issued_at")
    list_filter = (choice("status", INVOICE_STATUSES),)
    list_select_related = ("store",)
    search_fields = ("pk", "stripe_id", "number", "store__slug")
    raw_id_fields = ("store",)


@admin.register(StripeEvent)
class StripeEventAdmin(OpsAdmin):
    """Webhooks of Stripe's, and what came of each."""

    list_display = ("event_id", "kind", "happened_at", "applied_at", "outcome", "tries", "error")
    search_fields = ("pk", "event_id", "kind")
