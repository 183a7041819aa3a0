"""Outgoing webhooks: where to, what is to be delivered, what came of each attempt, and how far the log was read."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from audiences.models import Store
from messaging.credentials import CredentialsField
from messaging.states import DELIVERY, DELIVERY_OPEN

ENDPOINT_STATUSES = ("active", "disabled", "deleted")
SHOWN_STATUSES = ("active", "disabled")
EVENTS = (
    "campaign.started",
    "campaign.paused",
    "campaign.resumed",
    "campaign.completed",
    "campaign.failed",
    "campaign.cancelled",
    "message.delivered",
    "message.failed",
    "message.clicked",
    "message.received",
    "contact.opted_out",
    "credits.low",
)
PING = "webhook.test"
ANSWER_BYTES = 500  # of an answer's body are kept


class WebhookEndpoint(models.Model):
    """An address of a store that events are posted to. Changed by `messaging.hooks` alone.

    `failures`: failed attempts in a row; `hold_until`: nobody calls it before; `slow`: its last answer took long.
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="webhooks", db_index=False)
    url = models.CharField(max_length=500)
    description = models.CharField(max_length=200, blank=True)
    events = ArrayField(models.CharField(max_length=30))
    include_phones = models.BooleanField(default=False, help_text="put phone numbers into bodies; never stored")
    secrets = CredentialsField(help_text="encrypted at rest: current, and previous while it is valid")
    previous_until = models.DateTimeField(null=True, help_text="until when the previous secret signs as well")
    status = models.CharField(max_length=10, default="active")
    status_reason = models.CharField(max_length=200, blank=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    hold_until = models.DateTimeField(db_default=Now())
    slow = models.BooleanField(default=False)
    served_at = models.DateTimeField(db_default=Now(), help_text="the least recently served is next")
    succeeded_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ENDPOINT_STATUSES), name="webhookendpoint_status"),
            models.CheckConstraint(condition=Q(events__contained_by=list(EVENTS)), name="webhookendpoint_events"),
        ]
        indexes = [
            models.Index(fields=["store", "-id"], name="webhookendpoint_store"),
            models.Index(fields=["served_at"], name="webhookendpoint_active", condition=Q(status="active")),
        ]

    def __str__(self) -> str:
        return self.url


class WebhookLane(models.Model):
    """How many events of a campaign an endpoint was given: the last `sequence`."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="+", db_index=False)
    campaign_id = models.BigIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "campaign_id"], name="webhooklane_once")]


class WebhookDelivery(models.Model):
    """An event for an endpoint. Its public id is the `webhook-id`, the same at every attempt.

    `data` knows contacts by their numbers: phone numbers are put in when it is sent. With `campaign_id` it waits for
    earlier ones of the campaign. `fence` grows with each claim; `due_since`: a day later it is given up.
    """

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    store_id = models.BigIntegerField()
    source = models.CharField(max_length=60, help_text="what it was made of, e.g. campaign_event:42: once per endpoint")
    event = models.CharField(max_length=30)
    campaign_id = models.BigIntegerField(null=True)
    sequence = models.PositiveIntegerField(null=True)
    data = models.JSONField()
    happened_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="pending")
    tries = models.PositiveSmallIntegerField(default=0, help_text="attempts since it became due")
    fence = models.PositiveIntegerField(default=0)
    due_since = models.DateTimeField(db_default=Now())
    next_try_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField(null=True, help_text="HTTP status of the last answer")
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            DELIVERY.check("webhookdelivery_state"),
            models.UniqueConstraint(fields=["endpoint", "source"], name="webhookdelivery_once"),
            models.CheckConstraint(
                condition=Q(campaign_id__isnull=True, sequence__isnull=True)
                | Q(campaign_id__isnull=False, sequence__isnull=False),
                name="webhookdelivery_in_a_lane_or_not",
            ),
        ]
        indexes = [
            models.Index(fields=["endpoint", "-id"], name="webhookdelivery_endpoint"),
            models.Index(
                fields=["endpoint", "next_try_at", "id"], name="webhookdelivery_pending", condition=Q(state="pending")
            ),
            models.Index(
                fields=["endpoint", "lease_until"], name="webhookdelivery_sending", condition=Q(state="sending")
            ),
            models.Index(
                fields=["endpoint", "campaign_id", "sequence"],
                name="webhookdelivery_lane",
                condition=Q(state__in=DELIVERY_OPEN, campaign_id__isnull=False),
            ),
        ]


class WebhookAttempt(models.Model):
    """One call of an endpoint and its answer. `fence` numbers the attempts of a delivery."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="attempts", db_index=False)
    fence = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True, help_text="HTTP status; empty when no answer came")
    error = models.CharField(max_length=200, blank=True)
    answer = models.CharField(max_length=ANSWER_BYTES, blank=True, help_text="the beginning of the answer's body")
    milliseconds = models.PositiveIntegerField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "fence"], name="webhookattempt_once")]


class LogWatermark(models.Model):
    """How far a reader of the message log came: every line up to `done` was read. See messaging/hooks/messages.py."""

    name = models.CharField(max_length=30, unique=True)
    done = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name
