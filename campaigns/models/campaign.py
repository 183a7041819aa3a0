"""A campaign, its counters, its history, and how far its snapshot got."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audiences.models import FrozenAudience, Store
from billing.models import CreditReservation
from campaigns.models.automation import Automation
from campaigns.models.quote import Quote
from campaigns.states import CAMPAIGN, KINDS, PRIORITIES


class Campaign(models.Model):
    """What the merchant wrote, to whom, when, and where it stands. `status` moves only by `campaigns.services`."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="campaigns", db_index=False)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, default="marketing")
    message = models.CharField(max_length=1600)
    audience = models.JSONField(
        help_text="{'kind': 'all'|'list'|'segment', 'id': …, 'exclude': [{'kind': …, 'id': …}]}"
    )
    on_missing = models.CharField(max_length=10, default="blank", help_text="blank or skip: a field without a value")
    status = models.CharField(max_length=10, default="draft")
    reason = models.CharField(max_length=200, blank=True, help_text="why it is paused, failed, or still scheduled")
    priority = models.PositiveSmallIntegerField(default=PRIORITIES["normal"])
    plain_values = models.BooleanField(
        default=False, db_default=False, help_text="write names in GSM-7 letters where that saves parts"
    )
    sender = models.CharField(max_length=16, blank=True, help_text="frozen at launch")
    opt_out_text = models.CharField(max_length=60, blank=True, default="", db_default="", help_text="frozen at launch")
    short_links = models.BooleanField(
        default=True, db_default=True, help_text="write short links for addresses; frozen at launch"
    )
    links_base_url = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="what its links begin with; frozen at launch"
    )
    run = models.PositiveSmallIntegerField(
        default=0, help_text="1 for the first launch, more for each retry of failures"
    )
    quote = models.ForeignKey(Quote, null=True, on_delete=models.PROTECT, related_name="+")
    reservation = models.ForeignKey(CreditReservation, null=True, on_delete=models.PROTECT, related_name="+")
    send_at = models.DateTimeField(null=True, help_text="when it is due; by the recipients' clocks: the first of them")
    local_at = models.CharField(
        max_length=19,
        blank=True,
        default="",
        db_default="",
        help_text="2026-07-01T09:00:00 by each recipient's own clock; empty: all at once",
    )
    frozen = models.ForeignKey(
        FrozenAudience, null=True, on_delete=models.PROTECT, related_name="+", help_text="who belonged when planned"
    )
    max_credits = models.BigIntegerField(null=True, help_text="the price that was agreed to when it was planned")
    automation = models.ForeignKey(
        Automation, null=True, on_delete=models.PROTECT, related_name="campaigns", db_index=False
    )
    not_after = models.DateTimeField(null=True, help_text="a scheduled one that has not started by then is cancelled")
    next_try_at = models.DateTimeField(null=True, help_text="when a due campaign that could not start is tried again")
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    forgotten_at = models.DateTimeField(null=True, help_text="when the phones and texts of its messages were cleared")

    class Meta:
        constraints = [
            CAMPAIGN.check("campaign_status"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="campaign_kind"),
            models.CheckConstraint(condition=Q(priority__in=list(PRIORITIES.values())), name="campaign_priority"),
            models.CheckConstraint(
                condition=~Q(status__in=["sending", "paused", "completed", "failed"]) | Q(reservation__isnull=False),
                name="campaign_sends_on_a_hold",
            ),
            models.CheckConstraint(
                condition=~Q(status="scheduled") | Q(send_at__isnull=False), name="campaign_scheduled_has_time"
            ),
        ]
        indexes = [
            models.Index(fields=["store", "-id"], name="campaign_store"),
            models.Index(fields=["finished_at"], name="campaign_kept", condition=Q(forgotten_at__isnull=True)),
            # the tests that a store sent lately
            models.Index(fields=["store", "created_at"], name="campaign_tests", condition=Q(kind="test")),
            # the list of what merchants write: direct messages may be many more
            models.Index(
                fields=["store", "-id"],
                name="campaign_written",
                condition=Q(archived_at__isnull=True, automation__isnull=True) & ~Q(kind__in=["test", "direct"]),
            ),
            models.Index(
                fields=["automation", "-id"], name="campaign_automation", condition=Q(automation__isnull=False)
            ),
            models.Index(fields=["next_try_at"], name="campaign_due", condition=Q(status="scheduled")),
            models.Index(
                fields=["priority", "store"], name="campaign_live", condition=Q(status__in=["sending", "paused"])
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audience_mode(self) -> str:
        """`frozen`: to those who belonged when it was planned; `launch`: to those who belong when it starts."""
        return "frozen" if self.frozen_id else "launch"

    @property
    def effective_audience(self) -> dict[str, Any]:
        """Whom it is for: its audience, or who belonged to that when it was frozen. Stored form."""
        return {"kind": "frozen", "id": self.frozen_id} if self.frozen_id else dict(self.audience)


class CampaignProgress(models.Model):
    """Counters of recipients by status, changed by deltas in the transaction that moves the recipients.

    Beside the campaign and not on it, so that the calling mark's FOR SHARE never meets a counter.
    audience = pending + sent + delivered + undelivered + failed + skipped + unknown + unconfirmed + cancelled.
    """

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="progress", primary_key=True)
    audience = models.BigIntegerField(default=0)
    pending = models.BigIntegerField(default=0)
    sent = models.BigIntegerField(default=0)
    delivered = models.BigIntegerField(default=0)
    undelivered = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)
    unknown = models.BigIntegerField(default=0)
    unconfirmed = models.BigIntegerField(default=0)
    cancelled = models.BigIntegerField(default=0)
    parts_sent = models.BigIntegerField(default=0)
    credits_charged = models.BigIntegerField(default=0)
    version = models.BigIntegerField(default=0, help_text="grows with every change: the ETag")
    retried = models.BigIntegerField(default=0, db_default=0, help_text="failed ones that were tried again, each time")
    retry_sent = models.BigIntegerField(default=0, db_default=0, help_text="of those the accepted ones")
    clicks = models.BigIntegerField(default=0, db_default=0, help_text="on its links, by anybody and anything")
    human_clicks = models.BigIntegerField(default=0, db_default=0, help_text="those without robots")
    clickers = models.BigIntegerField(default=0, db_default=0, help_text="recipients who clicked at least once")
    settled_at = models.DateTimeField(null=True, help_text="when the last answer of a provider was recorded")
    first_sent_at = models.DateTimeField(null=True)
    last_sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "campaign progress"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    audience=models.F("pending")
                    + models.F("sent")
                    + models.F("delivered")
                    + models.F("undelivered")
                    + models.F("failed")
                    + models.F("skipped")
                    + models.F("unknown")
                    + models.F("unconfirmed")
                    + models.F("cancelled")
                ),
                name="progress_adds_up",
            )
        ]


class ReasonCount(models.Model):
    """How many recipients of a campaign failed or were skipped, by class or reason."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="reasons", db_index=False)
    status = models.CharField(max_length=12, help_text="failed, skipped or undelivered")
    reason = models.CharField(max_length=30)
    count = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "status", "reason"], name="reason_once")]


class CampaignSnapshot(models.Model):
    """How far the audience has been written down as recipients. Locked by whoever goes on with it."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="snapshot", primary_key=True)
    cursor = models.BigIntegerField(default=0, help_text="the last contact id that is done")
    bound = models.BigIntegerField(help_text="the last contact id that belongs to it")
    recipients = models.BigIntegerField(default=0)
    credits = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    touched_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["touched_at"], name="snapshot_open", condition=Q(done_at__isnull=True))]


class CampaignEvent(models.Model):
    """A line of a campaign's history: every move, who made it and why. Append-only; the outbox of webhooks."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, db_index=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="events", db_index=False)
    event = models.CharField(max_length=30)
    before = models.CharField(max_length=10)
    after = models.CharField(max_length=10)
    reason = models.CharField(max_length=200, blank=True)
    facts = models.JSONField(default=dict)
    actor = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["campaign", "id"], name="campaignevent_campaign"),
            models.Index(fields=["id"], name="campaignevent_outbox", condition=Q(published_at__isnull=True)),
        ]
