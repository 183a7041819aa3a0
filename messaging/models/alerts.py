"""Alerts: trouble that was seen, since when, and until when."""

from django.db import models
from django.db.models import Q


class Alert(models.Model):
    """Something that needs a person. Opened and closed by the watchdog, never by hand."""

    name = models.CharField(max_length=40, help_text="which finding; docs/alerts.md says what to do about it")
    subject = models.CharField(max_length=100, blank=True, help_text="<kind>:<id>, or empty for the house")
    detail = models.CharField(max_length=300)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="the last time that it still was so")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "subject"], name="alert_open_once", condition=Q(closed_at=None))
        ]
        indexes = [models.Index(fields=["closed_at"], name="alert_closed")]

    def __str__(self) -> str:
        return f"{self.name} {self.subject}".strip()
