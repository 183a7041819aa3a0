"""Polling: the safety net for receipts that never came. Only what is silent too long; fair, bounded, backing off."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import zip_longest

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from campaigns.models import CampaignRecipient, SendBatch
from config.opaque import references
from messaging.accounts import adapter
from messaging.models import MessageLog, ProviderAccount
from messaging.receipts import inbox
from messaging.sending import breaker
from providers.interface import ProviderDown, Receipt, RouteRefused

log = logging.getLogger(__name__)
LookUp = Callable[[], Receipt | None]

SILENT = ("sent", "unknown")
# Look-ups of one batch at a time: no batch keeps the others waiting. Eight pauses, each twice the one before, fit into
# ASK_FOR, so that everybody of a batch of 500 is asked after in time.
PER_BATCH = 100
# How long one sweep asks: a slow provider must not keep the sweep from ending.
SLICE_SECONDS = 45.0
# How long after the hand-over it is still worth asking.
ASK_FOR = timedelta(hours=72)


def poll_silent(*, batches: int) -> dict[str, int]:
    """Ask the providers after silent recipients of some batches, the longest unasked first. {batches, asked, answers}.

    As many that a person asked for, in turns with these. An answer is a receipt like any other: it goes through the
    inbox. A provider that is away is left alone this time; one that refuses our credentials is stopped. Two sweeps at
    once ask after different batches.
    """
    counts = {"batches": 0, "asked": 0, "answers": 0}
    ends = time.monotonic() + SLICE_SECONDS
    away: set[int] = set()
    for batch in _in_turns(asked_for(batches), due(batches)):
        if time.monotonic() >= ends:
            break
        account = ProviderAccount.objects.filter(pk=batch.account_id or 0).first()
        if not _take(batch) or account is None or account.pk in away:
            continue
        can = adapter(account).capabilities
        if not can.lookup_by_id and not can.lookup_by_reference:
            continue
        asked, answers, answered = _ask(account, batch, ends=ends)
        if not answered:
            away.add(account.pk)
        inbox.store(account, answers)
        counts["batches"] += 1
        counts["asked"] += asked
        counts["answers"] += len(answers)
    return counts


def _in_turns(*lists: "QuerySet[SendBatch]") -> list[SendBatch]:
    return [batch for row in zip_longest(*lists) for batch in row if batch is not None]


def _take(batch: SendBatch) -> bool:
    """Put the batch behind the others; False when another sweep did so meanwhile."""
    rows = SendBatch.objects.filter(pk=batch.pk, polled_at=batch.polled_at)
    return bool(rows.update(polled_at=timezone.now(), asked_at=None))


def asked_for(limit: int) -> "QuerySet[SendBatch]":
    """Batches that a person wants to know about now, the longest waiting first. Index: batch_asked."""
    return SendBatch.objects.filter(asked_at__isnull=False).order_by("asked_at", "pk")[:limit]


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


def _ask(account: ProviderAccount, batch: SendBatch, *, ends: float) -> tuple[int, list[Receipt], bool]:
    """(look-ups, answers, whether the provider answers). In random order: who was asked in vain is not always first."""
    answers: list[Receipt] = []
    asked = 0
    for look_up in _look_ups(account, batch):
        if time.monotonic() >= ends:
            break
        asked += 1
        try:
            answer = look_up()
        except ProviderDown:
            log.warning("poll_not_answered", extra={"account_id": account.pk, "batch_id": batch.pk})
            return asked, answers, False
        except RouteRefused:
            breaker.stop(account, reason=breaker.FAULTS["credentials"])
            return asked, answers, False
        if answer is not None:
            answers.append(answer)
    return asked, answers, True


def _look_ups(account: ProviderAccount, batch: SendBatch) -> list[LookUp]:
    """At most PER_BATCH questions: by the provider's id where there is one, else by our reference where it can be."""
    provider = adapter(account)
    silent = CampaignRecipient.objects.filter(batch_id=batch.pk, status__in=SILENT)
    questions: list[LookUp] = []
    if provider.capabilities.lookup_by_id:
        logged = MessageLog.objects.filter(
            recipient_id__in=silent.values("pk"),
            kind="attempt",
            account_id=account.pk,
            provider_message_id__isnull=False,
        )
        numbers = logged.order_by("?").values_list("provider_message_id", flat=True)[:PER_BATCH]
        questions += [partial(provider.lookup, number or "") for number in numbers]
    if provider.capabilities.lookup_by_reference:
        unknown = silent.filter(status="unknown").order_by("?").values_list("pk", flat=True)[:PER_BATCH]
        questions += [partial(provider.lookup_reference, mark) for mark in references(unknown, attempt=batch.attempt)]
    return questions[:PER_BATCH]
