"""Clicks on short links."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Click(models.Model):
    """Somebody, or something, followed a short link. Append-only but for `counted`; no address and no browser is kept.

    `human`: nothing gave a robot away; else `robot` says what did. Ids grow with `at`, so retention can walk the key.
    """

    store_id = models.BigIntegerField()
    campaign_id = models.BigIntegerField()
    recipient_id = models.BigIntegerField()
    contact_id = models.BigIntegerField(null=True)
    number = models.PositiveSmallIntegerField(help_text="of the campaign's link")
    human = models.BooleanField()
    robot = models.CharField(max_length=10, blank=True, default="", db_default="", help_text="what gave a robot away")
    at = models.DateTimeField(db_default=Now())
    counted = models.BooleanField(default=False, db_default=False, help_text="it is in the counters")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(human=True, robot="") | (Q(human=False) & ~Q(robot="")), name="click_human_or_robot"
            )
        ]
        indexes = [
            models.Index(fields=["recipient_id", "number"], name="click_recipient"),
            models.Index(fields=["store_id", "at"], name="click_store"),
            # segments: who clicked in the last days
            models.Index(fields=["contact_id", "at"], name="click_contact"),
            models.Index(fields=["id"], name="click_uncounted", condition=Q(counted=False)),
        ]
