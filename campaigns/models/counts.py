"""What a campaign did minute by minute, and how long its messages took: counted where the recipients move."""

from django.db import models

from campaigns.models.campaign import Campaign


class CampaignMinute(models.Model):
    """What happened to a campaign's recipients in one minute: what came to be, never what stopped being.

    `sent`: accepted by the provider, hence billed, whatever the receipts said later.
    """

    pk = models.CompositePrimaryKey("campaign", "minute")
    # The check of a foreign key would lock the campaign after its progress: the moves lock them the other way round.
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="minutes", db_index=False, db_constraint=False
    )
    minute = models.DateTimeField(help_text="when it began")
    sent = models.BigIntegerField(default=0)
    delivered = models.BigIntegerField(default=0)
    undelivered = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    parts = models.BigIntegerField(default=0, help_text="of those sent")
    credits = models.BigIntegerField(default=0, help_text="charged for those sent")

    class Meta:
        # the whole house over a day; `minute` never changes, so the counting stays in its page
        indexes = [models.Index(fields=["minute"], name="campaignminute_minute")]


class LatencyCount(models.Model):
    """How many messages took about so long from the provider's yes to the receipt: buckets of campaigns.latency."""

    pk = models.CompositePrimaryKey("campaign", "bucket")
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="latencies", db_index=False, db_constraint=False
    )
    bucket = models.PositiveSmallIntegerField()
    count = models.BigIntegerField(default=0)
