"""Evidence: the append-only message log, and the inbox of receipts."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone


class MessageLog(models.Model):
    """One line per attempt, receipt and late word about a recipient. Append-only; written by COPY, no foreign keys.

    `kind`: attempt (outcome accepted, refused, unsure), receipt, poll, late, decision, inbound (outcome: its meaning).
    """

    store_id = models.BigIntegerField()
    campaign_id = models.BigIntegerField(null=True)
    recipient_id = models.BigIntegerField(null=True)
    batch_id = models.BigIntegerField(null=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    account_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=10)
    outcome = models.CharField(max_length=12)
    provider_message_id = models.CharField(max_length=80, null=True)  # noqa: DJ001 - unknown is not empty
    raw_status = models.CharField(max_length=60, blank=True, default="")
    error_class = models.CharField(max_length=20, blank=True, default="")
    error_code = models.CharField(max_length=60, blank=True, default="")
    parts = models.PositiveSmallIntegerField(null=True, help_text="the provider's own count: evidence, never billed")
    text = models.TextField(blank=True, default="", help_text="what was handed over, however long values made it")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["recipient_id"], name="log_recipient"),
            models.Index(
                fields=["provider_message_id"],
                name="log_provider_id",
                condition=Q(kind="attempt", provider_message_id__isnull=False),
            ),
            models.Index(fields=["store_id", "-id"], name="log_store"),
        ]


class Receipt(models.Model):
    """A delivery report as it arrived. Stored first, applied later in bulk, never dropped."""

    account_id = models.BigIntegerField()
    dedupe = models.CharField(max_length=120)
    reference = models.CharField(max_length=40, null=True)  # noqa: DJ001 - unknown is not empty
    provider_message_id = models.CharField(max_length=80, null=True)  # noqa: DJ001
    status = models.CharField(max_length=12)
    raw_status = models.CharField(max_length=60, blank=True)
    error_class = models.CharField(max_length=20, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    parts = models.PositiveSmallIntegerField(null=True)
    happened_at = models.DateTimeField(null=True, help_text="by the provider's clock: shown, never decided by")
    received_at = models.DateTimeField(db_default=Now())
    next_try_at = models.DateTimeField(db_default=Now())
    tries = models.PositiveSmallIntegerField(default=0)
    applied_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True, help_text="applied, settled, stale, unmatched, anomaly …")
    raw = models.TextField(blank=True, default="", help_text="only of a call that could not be read")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account_id", "dedupe"], name="receipt_once")]
        indexes = [
            models.Index(fields=["next_try_at"], name="receipt_waiting", condition=Q(applied_at__isnull=True)),
            # erasure and retention: calls that could not be read
            models.Index(fields=["received_at"], name="receipt_unreadable", condition=~Q(raw="")),
        ]
