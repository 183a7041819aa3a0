"""Asking the provider now, because a person wants to know: the poller's own work, moved to the front of its line."""

from datetime import timedelta
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from audiences.models import Store
from campaigns.models import CampaignProgress, CampaignRecipient, SendBatch
from config.audit import Actor, record
from config.problems import Problem
from config.queues import Task, enqueue
from messaging.polling import ASK_FOR, SILENT

# Batches of one request, each with at most polling.PER_BATCH look-ups.
BATCHES = 200
PAUSE_SECONDS = 60


class AskedJustNow(Problem):
    """The provider was asked a moment ago. Try again in a minute."""

    code = "RATE_LIMITED"
    status = 429

    def __init__(self) -> None:
        super().__init__(retry_after=PAUSE_SECONDS)


class Asked(NamedTuple):
    """Batches that are asked after, and the campaign's recipients without a final word."""

    batches: int
    silent: int


def refresh(*, store: Store, campaign_id: int, actor: Actor, reason: str = "") -> Asked:
    """Have the provider asked after the campaign's silent recipients, without waiting until they are silent too long.

    The latest batches first; those asked after a minute ago at most wait. A mark on the batches: whoever sweeps next
    takes them. Two clicks at once mark the same ones. Index: batch_campaign. Raises AskedJustNow.
    """
    now = timezone.now()
    mine = SendBatch.objects.filter(campaign_id=campaign_id, store_id=store.pk)
    recently = Q(asked_at__isnull=False) | Q(polled_at__gt=now - timedelta(seconds=PAUSE_SECONDS))
    if mine.filter(recently).exists():
        raise AskedJustNow
    silent = CampaignRecipient.objects.filter(batch_id=OuterRef("pk"), status__in=SILENT)
    open_ones = mine.filter(Exists(silent), state__in=["done", "ambiguous"], settled_at__gt=Now() - ASK_FOR)
    chosen = list(open_ones.order_by("-pk").values_list("pk", flat=True)[:BATCHES])
    marked = SendBatch.objects.filter(pk__in=chosen).update(asked_at=now)
    subject, facts = f"campaign:{campaign_id}", {"batches": marked}
    record("campaign.refresh", actor=actor, subject=subject, store_id=store.pk, reason=reason, **facts)
    if marked:
        enqueue(Task.POLL_SILENT)
    row = CampaignProgress.objects.filter(pk=campaign_id).first()
    return Asked(marked, row.sent + row.unknown if row else 0)
