"""Routes: which account carries whose messages to which country, how healthy accounts are, and why sending moved."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audiences.models import Store
from messaging.models.accounts import STATUSES, ProviderAccount

MOVES = ("away", "back")


class Route(models.Model):
    """An account that may carry a store's messages to a country. The lowest healthy `rank` goes first."""

    store = models.ForeignKey(
        Store, null=True, blank=True, on_delete=models.CASCADE, help_text="empty: stores without routes of their own"
    )
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166 code; empty: wherever no other route is")
    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="routes")
    rank = models.PositiveSmallIntegerField(default=1, help_text="1 is the primary, 2 its fallback, and so on")
    weight = models.PositiveSmallIntegerField(default=1, help_text="share among routes of one rank")
    status = models.CharField(max_length=10, default="active")
    status_reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "country", "account"], name="route_once", nulls_distinct=False),
            models.CheckConstraint(condition=Q(status__in=STATUSES), name="route_status"),
            models.CheckConstraint(condition=Q(rank__gte=1) & Q(weight__gte=1), name="route_rank_and_weight"),
            models.CheckConstraint(condition=Q(country="") | Q(country__regex="^[A-Z]{2}$"), name="route_country"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.rank}"


class AccountHealth(models.Model):
    """How calls over an account went lately. Away: others go first until `away_until`, then one batch is a probe."""

    account = models.OneToOneField(ProviderAccount, on_delete=models.CASCADE, related_name="health", primary_key=True)
    faults = models.PositiveIntegerField(default=0, help_text="failed calls since the last one that went well")
    reason = models.CharField(max_length=200, blank=True, help_text="of the last failure, or of the move")
    away_until = models.DateTimeField(null=True)
    probe_until = models.DateTimeField(null=True, help_text="one batch tries it, the others wait so long")
    away_seconds = models.PositiveIntegerField(default=0, help_text="the last absence: each one in a row is longer")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "account health"


class RouteEvent(models.Model):
    """A line about an account: sending moved away from it, or back to it, and why. Append-only."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="route_events")
    move = models.CharField(max_length=10)
    reason = models.CharField(max_length=200, blank=True)
    actor = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(move__in=MOVES), name="routeevent_move")]
        indexes = [models.Index(fields=["account", "-id"], name="routeevent_account")]
