"""The hot rows: recipients, and the batches that are the unit of sending."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from audiences.models import Contact, Store
from billing.models import CreditReservation
from campaigns.models.campaign import Campaign
from campaigns.states import BATCH, ERROR_CLASSES, RECIPIENT, SKIP_REASONS


class SendBatch(models.Model):
    """Some recipients of a campaign that are handed to a provider together. The queue is these rows.

    `fence` grows with each claim; only its holder touches the recipients while the batch is not ready.
    """

    store = models.ForeignKey(Store, on_delete=models.DO_NOTHING, db_index=False, db_constraint=False)
    campaign = models.ForeignKey(
        Campaign, on_delete=models.DO_NOTHING, related_name="batches", db_index=False, db_constraint=False
    )
    reservation = models.ForeignKey(
        CreditReservation, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    run = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, default="ready")
    size = models.PositiveIntegerField(help_text="recipients put into it")
    parts = models.PositiveIntegerField()
    ready_at = models.DateTimeField(db_default=Now(), help_text="not claimed before")
    fence = models.BigIntegerField(default=0)
    owner = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True)
    claims = models.PositiveSmallIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=0, help_text="marked hand-overs")
    spent = models.PositiveSmallIntegerField(default=0, help_text="hand-overs that count against the retry budget")
    called_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    account_id = models.BigIntegerField(null=True, help_text="provider account of the last hand-over")
    country = models.CharField(
        max_length=2,
        blank=True,
        default="",
        db_default="",
        help_text="of its phones, where the store has routes for it",
    )
    error_class = models.CharField(max_length=20, blank=True)
    error = models.CharField(max_length=300, blank=True)
    resolution = models.CharField(max_length=10, blank=True, help_text="of a dead letter: requeued or discarded")
    resolved_at = models.DateTimeField(null=True)
    polled_at = models.DateTimeField(null=True, help_text="when its silent recipients were last asked after")
    asked_at = models.DateTimeField(null=True, help_text="when somebody wanted the provider to be asked at once")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = "batch", "batches"
        constraints = [BATCH.check("batch_state")]
        indexes = [
            models.Index(fields=["campaign", "id"], name="batch_campaign"),
            # the claim: the next ready batch of a campaign
            models.Index(fields=["campaign", "ready_at", "id"], name="batch_ready", condition=Q(state="ready")),
            models.Index(
                fields=["state", "lease_until"], name="batch_open", condition=Q(state__in=["claimed", "calling"])
            ),
            # the deadline of the unknown: ambiguous batches, and dead ones that have some of an earlier attempt
            models.Index(fields=["called_at"], name="batch_unresolved", condition=Q(state__in=["ambiguous", "dead"])),
            models.Index(fields=["id"], name="batch_dead", condition=Q(state="dead", resolution="")),
            models.Index(fields=["asked_at"], name="batch_asked", condition=Q(asked_at__isnull=False)),
            # the poller: done or ambiguous batches by when they were last asked after
            models.Index(
                fields=["polled_at", "settled_at"], name="batch_poll", condition=Q(state__in=["done", "ambiguous"])
            ),
        ]


class CampaignRecipient(models.Model):
    """One contact in one campaign. Phone, parts and credits are frozen at snapshot.

    No column that an outcome or a receipt changes is indexed, so that these updates can stay in the page (HOT):
    provider ids are looked up in the message log instead.
    """

    store = models.ForeignKey(Store, on_delete=models.DO_NOTHING, db_index=False, db_constraint=False)
    campaign = models.ForeignKey(
        Campaign, on_delete=models.DO_NOTHING, related_name="recipients", db_index=False, db_constraint=False
    )
    contact = models.ForeignKey(
        Contact, null=True, on_delete=models.DO_NOTHING, related_name="received", db_constraint=False
    )
    batch = models.ForeignKey(SendBatch, on_delete=models.DO_NOTHING, related_name="recipients", db_constraint=False)
    phone = models.CharField(max_length=16, null=True)  # noqa: DJ001 - several erased recipients share a campaign
    status = models.CharField(max_length=12, default="pending", db_default="pending")
    reason = models.CharField(max_length=30, default="", db_default="", help_text="error class, or why it was skipped")
    error_code = models.CharField(max_length=60, default="", db_default="", help_text="the provider's own word")
    parts = models.PositiveSmallIntegerField()
    credits = models.PositiveIntegerField()
    charged = models.PositiveIntegerField(default=0, db_default=0, help_text="credits billed")
    attempt = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="the hand-over that decided")
    rank = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="of the best receipt so far")
    sent_at = models.DateTimeField(null=True)
    final_at = models.DateTimeField(null=True)
    clicked_at = models.DateTimeField(null=True, help_text="the first click of a person")

    class Meta:
        # for the store that texted a number which is nobody's contact; contacts' rows are not in it
        indexes = [models.Index(fields=["phone"], name="recipient_stranger", condition=Q(contact__isnull=True))]
        constraints = [
            RECIPIENT.check("recipient_status"),
            models.UniqueConstraint(fields=["campaign", "phone"], name="recipient_phone_once"),
            models.CheckConstraint(
                condition=~Q(status__in=["failed", "skipped"]) | Q(reason__in=(*ERROR_CLASSES, *SKIP_REASONS)),
                name="recipient_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(charged=0)
                | Q(charged=models.F("credits"), status__in=["sent", "delivered", "undelivered"]),
                name="recipient_billed_when_accepted",
            ),
        ]


class StoreLane(models.Model):
    """When a store was last served at a priority: the least recently served is next."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="lanes", db_index=False)
    priority = models.PositiveSmallIntegerField()
    last_claimed = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "priority"], name="lane_once")]
