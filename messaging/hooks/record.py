"""Record: what an answer makes of a delivery and of its endpoint. One short transaction after the call."""

import random
import re
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Now

from config.audit import SYSTEM, record
from messaging.hooks.claim import Work
from messaging.hooks.post import Answer
from messaging.hooks.queries import hurry
from messaging.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from messaging.models.hooks import PING
from messaging.states import DELIVERY

PHONE = re.compile(r"\+\d{6,15}")
GONE = 410  # by the convention: never call me again
SLOW_MILLISECONDS = 3000
HOLD_SECONDS = 5  # after the first failure of an endpoint; doubled with each further one
HOLD_MOST = 60
HURRY = 1000  # deliveries that are due at once when an endpoint answers again


def record_answer(work: Work, answer: Answer) -> str:
    """Write the attempt down and move the delivery: delivered, again, or dead. `lost`: its lease had ended.

    Locks the endpoint, then the delivery. A lost one is only logged: whoever has it now decides.
    """
    with transaction.atomic():
        rows = WebhookEndpoint.objects.select_for_update(no_key=True).defer("secrets")
        endpoint = rows.get(pk=work.endpoint_id)
        _log(work, answer, mask=endpoint.include_phones)
        held = WebhookDelivery.objects.filter(pk=work.delivery_id, fence=work.fence)
        row = held.filter(state="sending").first()
        if row is None:
            return "lost"
        outcome = _move(row, answer)
        if row.event != PING:
            _endpoint(endpoint, answer)
    return outcome


def _log(work: Work, answer: Answer, *, mask: bool) -> None:
    """Write the attempt down; `mask`: it was sent phones, and may have sent them back."""
    line = WebhookAttempt(
        delivery_id=work.delivery_id,
        fence=work.fence,
        status=answer.status,
        error=answer.error[:200],
        answer=PHONE.sub("+…", answer.text) if mask else answer.text,
        milliseconds=answer.milliseconds,
    )
    WebhookAttempt.objects.bulk_create([line], ignore_conflicts=True)


def _move(row: WebhookDelivery, answer: Answer) -> str:
    held = WebhookDelivery.objects.filter(pk=row.pk)
    columns = {"last_status": answer.status, "last_error": answer.error[:200], "lease_until": None}
    if answer.ok:
        DELIVERY.move(held, "deliver", finished_at=Now(), **columns)
        return "delivered"
    given_up = held.filter(due_since__lt=Now() - timedelta(seconds=settings.WEBHOOK_GIVE_UP_SECONDS))
    if row.event == PING:
        given_up = held
    if DELIVERY.move(given_up, "give_up", finished_at=Now(), **columns):
        return "dead"
    DELIVERY.move(held, "again", next_try_at=Now() + wait_after(row.tries, answer), **columns)
    return "again"


def wait_after(tries: int, answer: Answer) -> timedelta:
    """How long to wait after attempt number `tries`: by the schedule, ±20 %, or as long as the endpoint asked for."""
    schedule = settings.WEBHOOK_RETRY_SECONDS
    wait = schedule[min(max(tries, 1), len(schedule)) - 1] * random.uniform(0.8, 1.2)
    return timedelta(seconds=max(wait, answer.retry_after))


def _endpoint(endpoint: WebhookEndpoint, answer: Answer) -> None:
    """What the endpoint's next call has to know. A failing one is called again after 5, 10, 20, 40, 60 seconds."""
    rows = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    slow = answer.milliseconds >= SLOW_MILLISECONDS
    if answer.ok:
        rows.update(failures=0, failing_since=None, hold_until=Now(), succeeded_at=Now(), slow=slow)
        if endpoint.failures:
            hurry(endpoint.pk, limit=HURRY)
        return
    hold = min(HOLD_SECONDS * 2 ** min(endpoint.failures, 10), HOLD_MOST)
    rows.update(
        failures=F("failures") + 1,
        failing_since=Coalesce("failing_since", Now()),
        hold_until=Now() + timedelta(seconds=max(hold, min(answer.retry_after, HOLD_MOST))),
        slow=slow,
    )
    _disable_if_hopeless(endpoint, answer)


def _disable_if_hopeless(endpoint: WebhookEndpoint, answer: Answer) -> None:
    days = settings.WEBHOOK_DISABLE_DAYS
    if answer.status == GONE:
        return disable(endpoint.pk, reason="It answered 410: gone.")
    long_ago = Now() - timedelta(days=days)
    if WebhookEndpoint.objects.filter(pk=endpoint.pk, failing_since__lt=long_ago).exists():
        disable(endpoint.pk, reason=f"Nothing but failures for {days} days; the last one: {answer.error}")
    return None


def disable(endpoint_id: int, *, reason: str) -> None:
    """Stop calling an endpoint, with the reason where its owner sees it and in the audit."""
    rows = WebhookEndpoint.objects.filter(pk=endpoint_id, status="active")
    columns: dict[str, Any] = {"status": Value("disabled"), "status_reason": reason[:200], "updated_at": Now()}
    if rows.update(**columns):
        store_id = WebhookEndpoint.objects.values_list("store_id", flat=True).get(pk=endpoint_id)
        record("webhook.disable", actor=SYSTEM, subject=f"webhook:{endpoint_id}", store_id=store_id, reason=reason)
