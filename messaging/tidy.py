"""Rows that nobody needs any more, a bounded number at a time."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from campaigns.frozen import thaw_unneeded
from campaigns.models import Campaign, Quote
from config.models import Heartbeat, IdempotencyRecord
from messaging.hooks.mend import tidy_log
from messaging.inbound import waiting as inbound
from messaging.models import Alert
from messaging.receipts.prune import prune

LIMIT = 5000


def tidy() -> dict[str, int]:
    """Delete idempotency records after 48 hours, unheld quotes and heartbeats after a day, alerts, webhooks' log.

    Also the frozen audiences of campaigns that have ended, inbound calls that nobody could read, and old receipts.
    """
    now = timezone.now()
    answers = IdempotencyRecord.objects.filter(created_at__lt=now - timedelta(hours=48)).order_by("pk")
    used = Campaign.objects.exclude(quote=None).values("quote_id")
    quotes = Quote.objects.filter(Q(expires_at__lt=now - timedelta(days=1))).exclude(pk__in=used).order_by("pk")
    return {
        "idempotency": IdempotencyRecord.objects.filter(
            pk__in=list(answers.values_list("pk", flat=True)[:LIMIT])
        ).delete()[0],
        "quotes": Quote.objects.filter(pk__in=list(quotes.values_list("pk", flat=True)[:LIMIT])).delete()[0],
        "alerts": Alert.objects.filter(closed_at__lt=now - timedelta(days=90)).delete()[0],
        "inbound": inbound.tidy(),
        "receipts": prune(),
        "frozen": thaw_unneeded(limit=20),
        "heartbeats": Heartbeat.objects.filter(beat_at__lt=now - timedelta(days=1)).delete()[0],
        **{f"webhook_{name}": number for name, number in tidy_log(limit=LIMIT).items()},
    }
