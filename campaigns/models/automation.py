"""Automations: who gets a message by itself, and when."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from audiences.models import Store
from campaigns.states import KINDS, PRIORITIES

AUTOMATION_KINDS = ("birthday", "welcome", "winback", "event")
DAILY = ("birthday", "winback")  # at an hour of the store's clock; the others when people come


class Automation(models.Model):
    """A rule that makes campaigns by itself. Changed by `campaigns.services.automations` alone.

    `next_run_at` is when somebody must look at it: a daily one at its hour, the others when the first person who waits
    is due; empty: nothing to do. Deleted ones stay, for the campaigns that they made. About nobody: erasure has nothing
    to clear.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="automations", db_index=False)
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=160)
    message = models.CharField(max_length=1600)
    audience = models.JSONField(help_text="whom of all contacts it is for; as of a campaign")
    on_missing = models.CharField(max_length=10, default="blank", help_text="blank or skip: a field without a value")
    plain_values = models.BooleanField(default=False)
    priority = models.PositiveSmallIntegerField(default=PRIORITIES["normal"])
    campaign_kind = models.CharField(max_length=10, help_text="of the campaigns that it makes")
    active = models.BooleanField(default=False)
    active_since = models.DateTimeField(null=True)

    send_hour = models.PositiveSmallIntegerField(null=True, help_text="by the store's clock, 0 to 23")
    window_hours = models.PositiveSmallIntegerField(help_text="later than so much after its time nothing is sent")
    day_offset = models.SmallIntegerField(default=0, help_text="days after the birthday; negative: before")
    inactive_days = models.PositiveSmallIntegerField(null=True)
    activity = ArrayField(models.CharField(max_length=20), default=list, help_text="what counts as being active")
    event_name = models.CharField(max_length=60, blank=True)
    conditions = models.JSONField(default=list, help_text="[{'property': …, 'op': …, 'value': …}], all must hold")
    delay_minutes = models.PositiveIntegerField(default=0, help_text="after the opt-in or event")
    dedupe_hours = models.PositiveIntegerField(null=True, help_text="a contact at most once in so many hours")
    daily_cap = models.PositiveSmallIntegerField(
        null=True, help_text="not for who got so many messages of any automations in 24 hours"
    )
    max_credits = models.BigIntegerField(null=True, help_text="a run that would cost more does not start")

    next_day = models.DateField(null=True, help_text="of a daily one: the store's day that comes next")
    next_run_at = models.DateTimeField(null=True)
    zone = models.CharField(max_length=64, blank=True, help_text="the store's zone by which next_run_at was reckoned")
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AUTOMATION_KINDS), name="automation_kind"),
            models.CheckConstraint(condition=Q(campaign_kind__in=KINDS), name="automation_campaign_kind"),
            models.CheckConstraint(condition=Q(active=False) | Q(deleted_at=None), name="automation_deleted_is_off"),
            models.CheckConstraint(
                condition=~Q(kind__in=DAILY) | Q(send_hour__lt=24, send_hour__isnull=False), name="automation_hour"
            ),
            models.UniqueConstraint(
                fields=["store", "name"], name="automation_name_once", condition=Q(deleted_at__isnull=True)
            ),
        ]
        indexes = [
            models.Index(fields=["store", "-id"], name="automation_store"),
            models.Index(fields=["next_run_at", "id"], name="automation_due", condition=Q(active=True)),
            models.Index(fields=["kind", "store"], name="automation_active", condition=Q(active=True)),
        ]

    def __str__(self) -> str:
        return self.name
