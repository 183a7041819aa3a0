"""Whether there is work: for the sweep that rings, and for the watchdog."""

from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from messaging.models import InboundAnswer, InboundMessage

UNREADABLE_FOR = timedelta(days=1)  # an alert about a call that nobody could read
LIMIT = 5000


def inbound_waits() -> bool:
    """Whether a text is due or an answer owed. Indexes: inbound_waiting, inboundanswer_owed."""
    due = InboundMessage.objects.filter(applied_at=None, next_try_at__lte=Now())
    return due.exists() or InboundAnswer.objects.filter(state="owed").exists()


def late() -> bool:
    """Whether a text waits for longer than WATCH_LATE_SECONDS, also one that is tried again and again."""
    old = Now() - timedelta(seconds=settings.WATCH_LATE_SECONDS)
    return InboundMessage.objects.filter(applied_at=None, received_at__lt=old).exists()


def unreadable() -> bool:
    """Whether a call came in the last day that nobody could read. Index: inbound_unreadable."""
    return InboundMessage.objects.filter(meaning="unreadable", received_at__gt=Now() - UNREADABLE_FOR).exists()


def tidy() -> int:
    """Delete calls that nobody could read after INBOUND_UNREADABLE_DAYS; how many. Index: inbound_unreadable."""
    old = timezone.now() - timedelta(days=settings.INBOUND_UNREADABLE_DAYS)
    rows = InboundMessage.objects.filter(meaning="unreadable", received_at__lt=old).order_by("received_at", "pk")
    return InboundMessage.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[:LIMIT])).delete()[0]
