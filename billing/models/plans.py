"""What stores subscribe to, and the subscription of each."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from audiences.models import Store
from billing.states import MAY_SEND, SUBSCRIPTION_STATUSES

INTERVALS = ("month", "year")
MANAGERS = ("staff", "stripe")


class Plan(models.Model):
    """A price per period, and the free credits that are in it. Rows are never deleted: subscriptions name them."""

    code = models.SlugField(max_length=20, unique=True, help_text="starter, pro")
    name = models.CharField(max_length=60)
    price_cents = models.PositiveIntegerField(help_text="per period, without VAT")
    currency = models.CharField(max_length=3, default="EUR")
    interval = models.CharField(max_length=5, help_text="month or year")
    allowance = models.PositiveIntegerField(help_text="free credits per period")
    active = models.BooleanField(default=True, help_text="whether it can be subscribed to")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(interval__in=INTERVALS), name="plan_interval")]

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """A store's plan and where it stands. One row per store; changed by `billing.subscriptions` alone.

    `managed_by`: staff (a sweep begins each period) or stripe (its webhooks say what is). `anchor`: when the first
    period began; periods are counted from there, so that the 31st stays the 31st where there is one.
    """

    store = models.OneToOneField(Store, on_delete=models.PROTECT, related_name="subscription")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=20)
    managed_by = models.CharField(max_length=6, default="staff")
    anchor = models.DateTimeField()
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    ends_at_period_end = models.BooleanField(default=False, help_text="it was cancelled and runs out")
    stripe_id = models.CharField(max_length=80, unique=True, null=True)  # noqa: DJ001 - staff's have none
    version = models.PositiveIntegerField(default=0, help_text="grows with every change")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=SUBSCRIPTION_STATUSES), name="subscription_status"),
            models.CheckConstraint(
                condition=Q(managed_by="staff", stripe_id__isnull=True)
                | Q(managed_by="stripe", stripe_id__isnull=False),
                name="subscription_managed",
            ),
            models.CheckConstraint(condition=Q(period_end__gt=F("period_start")), name="subscription_period"),
        ]
        indexes = [
            models.Index(
                fields=["period_end"],
                name="subscription_due",
                condition=Q(managed_by="staff", status__in=MAY_SEND),
            )
        ]

    @property
    def may_send(self) -> bool:
        """Whether a store with it may send, where a subscription is asked for."""
        return self.status in MAY_SEND
