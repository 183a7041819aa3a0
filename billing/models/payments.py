"""What stores pay, and what Stripe says of it."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from audiences.models import Store
from billing.models.plans import Plan
from billing.states import PAYMENT

PAYMENT_KINDS = ("package", "plan")
INVOICE_STATUSES = ("draft", "open", "uncollectible", "void", "paid")


class Package(models.Model):
    """Credits to be bought at once. Never deleted: payments name them."""

    name = models.CharField(max_length=60)
    credits = models.PositiveIntegerField()
    price_cents = models.PositiveIntegerField(help_text="without VAT")
    currency = models.CharField(max_length=3, default="EUR")
    active = models.BooleanField(default=True, help_text="whether it can be bought")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(credits__gte=1), name="package_credits")]

    def __str__(self) -> str:
        return self.name


class Payment(models.Model):
    """One checkout, from the click to the money and, perhaps, back. What was bought is frozen in it.

    A paid package is one ledger entry `stripe:<session>`; what a refund or a dispute took back of it are entries linked
    to that one, `credits_taken` in sum.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="payments", db_index=False)
    kind = models.CharField(max_length=8)
    package = models.ForeignKey(Package, null=True, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, null=True, on_delete=models.PROTECT, related_name="+")
    credits = models.PositiveIntegerField(default=0, help_text="that a package brings")
    amount_cents = models.PositiveIntegerField(help_text="asked for; once paid, what was paid, with taxes")
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=8, default="pending")
    session = models.CharField(max_length=120, unique=True, null=True, help_text="Stripe's checkout session")  # noqa: DJ001
    intent = models.CharField(max_length=120, unique=True, null=True, help_text="Stripe's payment intent")  # noqa: DJ001
    refunded_cents = models.PositiveIntegerField(default=0)
    disputes = models.JSONField(default=dict, help_text="dispute -> {cents, won}")
    credits_taken = models.PositiveIntegerField(default=0, help_text="taken back after refunds and disputes")
    actor = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    looked_at = models.DateTimeField(default=timezone.now, help_text="when Stripe was last asked about it")
    paid_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            PAYMENT.check("payment_status"),
            models.CheckConstraint(
                condition=Q(kind="package", package__isnull=False, credits__gte=1)
                | Q(kind="plan", plan__isnull=False, credits=0),
                name="payment_for_something",
            ),
            models.CheckConstraint(condition=Q(credits_taken__lte=F("credits")), name="payment_taken"),
            models.CheckConstraint(condition=~Q(status="paid") | Q(paid_at__isnull=False), name="payment_paid_at"),
        ]
        indexes = [
            models.Index(fields=["store", "-id"], name="payment_store"),
            models.Index(fields=["looked_at"], name="payment_pending", condition=Q(status="pending")),
        ]


class Invoice(models.Model):
    """An invoice that Stripe made for a store, as far as it is shown."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="invoices", db_index=False)
    stripe_id = models.CharField(max_length=80, unique=True)
    number = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=14)
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    page_url = models.CharField(max_length=1000, blank=True, help_text="where it can be seen and paid")
    pdf_url = models.CharField(max_length=1000, blank=True)
    issued_at = models.DateTimeField()
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(status__in=INVOICE_STATUSES), name="invoice_status")]
        indexes = [models.Index(fields=["store", "-id"], name="invoice_store")]


class StripeEvent(models.Model):
    """A webhook of Stripe's: stored first, applied then. Of the payload only what is used: it names people."""

    event_id = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=80)
    facts = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    next_try_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)
    applied_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True, help_text="applied, ignored or given_up")
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["next_try_at"], name="stripeevent_due", condition=Q(applied_at__isnull=True))]
