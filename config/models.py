"""Tables that know no app: ids of other apps' rows are plain numbers, never foreign keys up."""

from django.db import models
from django.utils import timezone


class AuditEvent(models.Model):
    """Who did what to what, when, from where. Append-only."""

    store_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=200, help_text="user:<id>, key:<id>, staff:<id>, command:<name> or system")
    action = models.CharField(max_length=100)
    subject = models.CharField(max_length=100, help_text="<kind>:<id>")
    reason = models.CharField(max_length=500, blank=True)
    facts = models.JSONField(default=dict)
    ip = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["store_id", "-id"], name="audit_store"),
            models.Index(fields=["subject", "-id"], name="audit_subject"),
            models.Index(fields=["store_id", "actor", "-id"], name="audit_actor"),
            models.Index(fields=["store_id", "created_at"], name="audit_time"),
            models.Index(fields=["-id"], name="audit_staff", condition=models.Q(actor__startswith="staff:")),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.subject}"


class IdempotencyRecord(models.Model):
    """The stored answer to a POST that spends or sends, by store and `Idempotency-Key`."""

    store_id = models.BigIntegerField()
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body")
    status = models.PositiveSmallIntegerField(null=True, help_text="empty while the first request runs")
    body = models.JSONField(null=True)
    locked_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store_id", "key"], name="idempotency_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]


class SweepRun(models.Model):
    """The last run of each sweep: shown by health, and its absence is an alarm."""

    name = models.CharField(max_length=100, unique=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    succeeded_at = models.DateTimeField(null=True, help_text="when it last ended well")
    error = models.CharField(max_length=500, blank=True)
    runs = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Heartbeat(models.Model):
    """A process that lives: written every ten seconds by workers, beat, stream and web."""

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=20)
    queues = models.CharField(max_length=200, blank=True)
    pid = models.PositiveIntegerField()
    host = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, help_text="of the broker and the database it talks to")
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
