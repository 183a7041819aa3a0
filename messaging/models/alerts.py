"""Alerts: trouble that was seen, since when, and until when; and who was told."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

NOTICE_EVENTS = ("opened", "closed")


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


class AlertNotice(models.Model):
    """A word that an alert began or is over, for one channel. Written with the alert, sent by `watchdog.tell`."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="notices", db_index=False)
    channel = models.CharField(max_length=10, help_text="webhook or mail")
    event = models.CharField(max_length=10, help_text="opened or closed")
    made_at = models.DateTimeField(db_default=Now())
    next_try_at = models.DateTimeField(db_default=Now())
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["alert", "channel", "event"], name="alertnotice_once"),
            models.CheckConstraint(condition=Q(event__in=NOTICE_EVENTS), name="alertnotice_event"),
        ]
        indexes = [
            models.Index(
                fields=["channel", "next_try_at"],
                name="alertnotice_waiting",
                condition=Q(sent_at__isnull=True, given_up_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.alert} {self.event}"
