"""Accounts at providers: where to send, with what credentials, how fast."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audiences.models import Store
from messaging.credentials import CredentialsField

STATUSES = ("active", "stopped")
ON_AMBIGUOUS = ("hold_until_receipt", "never")


class ProviderAccount(models.Model):
    """One account at a provider, of a store or shared by all. `slug` is the unguessable part of its webhook address."""

    store = models.ForeignKey(Store, null=True, on_delete=models.PROTECT, help_text="empty: every store may use it")
    name = models.CharField(max_length=100, unique=True)
    slug = models.CharField(max_length=40, unique=True)
    provider = models.CharField(max_length=20, help_text="a name of providers.registry")
    base_url = models.URLField()
    credentials = CredentialsField(help_text="encrypted at rest")
    options = models.JSONField(default=dict)
    status = models.CharField(max_length=10, default="active")
    status_reason = models.CharField(max_length=200, blank=True)
    max_batch = models.PositiveIntegerField(default=1000)
    parts_per_second = models.PositiveIntegerField(default=1000)
    on_ambiguous = models.CharField(max_length=30, default="hold_until_receipt")
    unconfirmed_after_hours = models.PositiveIntegerField(default=72)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=STATUSES), name="provideraccount_status"),
            models.CheckConstraint(condition=Q(on_ambiguous__in=ON_AMBIGUOUS), name="provideraccount_on_ambiguous"),
        ]

    def __str__(self) -> str:
        return self.name
