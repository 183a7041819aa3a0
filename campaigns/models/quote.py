"""A price that was shown, as a row: what it covers, and how long it holds."""

from django.db import models
from django.utils import timezone

from audiences.models import Store


class Quote(models.Model):
    """Exact cost of one content to one audience at one moment. The hold of a launch equals `credits`."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="quotes", db_index=False)
    campaign_id = models.BigIntegerField(null=True, help_text="empty for an unsaved draft")
    content_hash = models.CharField(
        max_length=64, help_text="of the whole text, kind, and what to do about missing fields"
    )
    audience_hash = models.CharField(
        max_length=64, help_text="32 digits of the audience, 32 of the version of what it is made of"
    )
    price_hash = models.CharField(max_length=64)
    audience_pinned = models.JSONField(
        default=dict,
        db_default={},
        help_text="whom it counted: the audience with the rules, the day and the zone of its segments",
    )
    audience_bound = models.BigIntegerField(help_text="contacts with a higher id joined later and are not in it")
    recipients = models.BigIntegerField()
    parts = models.BigIntegerField()
    credits = models.BigIntegerField()
    exclusions = models.JSONField(default=dict, help_text="reason -> contacts")
    parts_histogram = models.JSONField(default=dict, help_text="parts -> recipients")
    countries = models.JSONField(default=list, help_text="[{country, recipients, parts, credits_per_part, credits}]")
    encoding = models.JSONField(default=dict, help_text="encoding -> recipients")
    advice = models.JSONField(default=dict, help_text="which characters cost how much, and what would save it")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["store", "-id"], name="quote_store")]
