"""What automations did: their runs, and every person whom they meant."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audiences.models import Contact
from campaigns.models.automation import Automation
from campaigns.models.campaign import Campaign

OUTCOMES = ("made", "nobody", "missed")


class AutomationRun(models.Model):
    """One time that an automation looked: the campaign that it made, or why there is none."""

    automation = models.ForeignKey(Automation, on_delete=models.PROTECT, related_name="runs", db_index=False)
    key = models.CharField(max_length=20, help_text="the store's day, 2026-03-29, or the minute, 2026-03-29T09:31Z")
    outcome = models.CharField(max_length=10)
    reason = models.CharField(max_length=200, blank=True)
    people = models.BigIntegerField(default=0, help_text="who were meant and may be texted")
    left_out = models.JSONField(default=dict, help_text="reason -> contacts who were meant and are not texted")
    campaign = models.OneToOneField(Campaign, null=True, on_delete=models.PROTECT, related_name="automation_run")
    due_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["automation", "key"], name="automationrun_once"),
            models.CheckConstraint(condition=Q(outcome__in=OUTCOMES), name="automationrun_outcome"),
        ]
        indexes = [models.Index(fields=["automation", "-id"], name="automationrun_newest")]


class AutomationFire(models.Model):
    """An automation means a contact, once per `key`: whatever is killed or runs twice, the key is there once.

    It waits for `due_at` until it is put into a run or left out. The contact's id alone: erasure has nothing to clear.
    """

    automation = models.ForeignKey(
        Automation, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    key = models.CharField(max_length=40, help_text="the year, welcome, the day, or event:<number>")
    run = models.ForeignKey(
        AutomationRun, null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    left_out = models.CharField(max_length=20, blank=True, default="", db_default="", help_text="why it was not sent")
    due_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    fired_at = models.DateTimeField(null=True, help_text="when it was put into its run")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contact", "automation", "key"], name="automationfire_once")]
        indexes = [
            models.Index(
                fields=["automation", "due_at", "id"],
                name="automationfire_waiting",
                condition=Q(run__isnull=True, left_out=""),
            ),
            models.Index(fields=["run", "contact"], name="automationfire_run", condition=Q(run__isnull=False)),
        ]
