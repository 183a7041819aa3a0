"""Polling: the safety net for receipts that never came. Only what is silent too long; fair, bounded, backing off."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from campaigns.models import CampaignRecipient, SendBatch
from messaging.accounts import adapter
from messaging.models import MessageLog, ProviderAccount
from messaging.receipts import inbox
from providers.interface import ProviderDown, Receipt, RouteRefused

log = logging.getLogger(__name__)

SILENT = ("sent", "unknown")
# Look-ups of one batch at a time: no batch keeps the others waiting.
PER_BATCH = 50
# How long after the hand-over it is still worth asking.
ASK_FOR = timedelta(hours=72)


def poll_silent(*, batches: int) -> dict[str, int]:
    """Ask the providers after silent recipients of some batches, the longest unasked first. {batches, asked, answers}.

    An answer is a receipt like any other: it goes through the inbox. A provider that is away is left alone this time.
    """
    counts = {"batches": 0, "asked": 0, "answers": 0}
    for batch in due(batches):
        SendBatch.objects.filter(pk=batch.pk).update(polled_at=timezone.now())
        account = ProviderAccount.objects.filter(pk=batch.account_id or 0).first()
        if account is None or not adapter(account).capabilities.lookup_by_id:
            continue
        asked, answers = _ask(account, batch)
        inbox.store(account, answers)
        counts["batches"] += 1
        counts["asked"] += asked
        counts["answers"] += len(answers)
    return counts


def due(limit: int) -> "QuerySet[SendBatch]":
    """Batches with silent recipients, never asked first, then the longest ago; each pause is twice the one before.

    Index: batch_poll.
    """
    silent = CampaignRecipient.objects.filter(batch_id=OuterRef("pk"), status__in=SILENT)
    after = timedelta(seconds=settings.POLL_AFTER_SECONDS)
    waited = Q(polled_at=None) | Q(polled_at__lt=Now() - (F("polled_at") - F("settled_at")))
    rows = SendBatch.objects.filter(
        Exists(silent),
        waited,
        state__in=["done", "ambiguous"],
        settled_at__lt=Now() - after,
        settled_at__gt=Now() - ASK_FOR,
    )
    return rows.order_by(F("polled_at").asc(nulls_first=True), "settled_at")[:limit]


def _ask(account: ProviderAccount, batch: SendBatch) -> tuple[int, list[Receipt]]:
    provider = adapter(account)
    recipients = CampaignRecipient.objects.filter(batch_id=batch.pk, status__in=SILENT).values("pk")
    logged = MessageLog.objects.filter(
        recipient_id__in=recipients, kind="attempt", account_id=account.pk, provider_message_id__isnull=False
    )
    answers, asked = [], 0
    for number in logged.order_by("pk").values_list("provider_message_id", flat=True)[:PER_BATCH]:
        asked += 1
        try:
            answer = provider.lookup(number or "")
        except (ProviderDown, RouteRefused):
            log.warning("poll_not_answered", extra={"account_id": account.pk, "batch_id": batch.pk})
            break
        if answer is not None:
            answers.append(answer)
    return asked, answers
