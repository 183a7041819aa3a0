"""Trying again: failed recipients of a finished campaign, or of one dead batch, as a new run with its own hold.

Only `failed` is tried again: undelivered, unknown and unconfirmed ones may have reached the phone.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.utils import timezone

from billing.services import hold
from campaigns import history
from campaigns.errors import InvalidStatus, NothingToRetry, QuoteChanged
from campaigns.models import Campaign, CampaignRecipient, SendBatch
from campaigns.queries.batches import move_to_batch
from campaigns.queries.progress import count_moves
from campaigns.queries.settle import Moved
from campaigns.services.find import campaign_of, locked, may_send, refusal
from campaigns.states import CAMPAIGN, CAMPAIGN_LIVE
from config.audit import Actor, record
from config.queues import Task, enqueue

# Classes that a second attempt may help; a person may choose others.
WORTH_RETRYING = ("unreachable", "provider_error", "route_down", "exhausted", "expired", "other")
# Recipients that one run takes at most; what is left can be retried afterwards.
RETRY_MAX = 100_000


class Price(NamedTuple):
    """What a retry would cost: failed recipients and credits by error class, and in total."""

    by_class: dict[str, dict[str, int]]
    recipients: int
    credits: int


class Row(NamedTuple):
    """A failed recipient."""

    recipient_id: int
    credits: int
    parts: int
    attempt: int
    reason: str
    country: str


def price_of_retry(*, store_id: int, campaign_id: int, classes: Sequence[str] = WORTH_RETRYING) -> Price:
    """What retrying these error classes would cost now. Reads the campaign's recipients."""
    campaign_of(store_id=store_id, campaign_id=campaign_id)
    failed = CampaignRecipient.objects.filter(campaign_id=campaign_id, status="failed", reason__in=classes)
    rows = failed.order_by().values_list("reason").annotate(Count("pk"), Sum("credits"))
    by_class = {reason: {"recipients": number, "credits": credits} for reason, number, credits in rows}
    return Price(
        by_class=by_class,
        recipients=sum(one["recipients"] for one in by_class.values()),
        credits=sum(one["credits"] for one in by_class.values()),
    )


def retry_failed(
    *,
    store_id: int,
    campaign_id: int,
    actor: Actor,
    classes: Sequence[str] = WORTH_RETRYING,
    credits: int | None = None,
    reason: str = "",
) -> Campaign:
    """completed or failed → sending again, with the failed recipients of these classes, held at their frozen prices.

    `credits`: the price that was shown; nothing is sent for another. Raises InvalidStatus (also for the loser of two
    clicks), NothingToRetry, QuoteChanged, InsufficientCredits, StoreStopped; then nothing changed.
    """
    may_send(campaign_of(store_id=store_id, campaign_id=campaign_id).store)
    with transaction.atomic():
        campaign = locked(store_id=store_id, campaign_id=campaign_id)
        if campaign.status not in CAMPAIGN.moves["retry"].sources:
            raise refusal("retry", campaign.status)
        rows = _failed(Q(campaign_id=campaign_id, reason__in=classes))
        _check_price(rows, credits)
        _run_again(campaign, rows, actor=actor, reason=reason or ", ".join(classes))
    return campaign_of(store_id=store_id, campaign_id=campaign_id)


def _check_price(rows: Sequence[Row], credits: int | None) -> None:
    cost = sum(row.credits for row in rows)
    if rows and credits is not None and cost != credits:
        difference = {"credits": {"quoted": credits, "now": cost}}
        raise QuoteChanged("What a retry costs has changed since it was shown.", difference=difference)


def requeue(*, batch_id: int, actor: Actor, reason: str = "") -> int:
    """Try a dead batch again: its failed recipients, a new batch, a new hold. Returns recipients.

    Raises NotADeadLetter when it is not dead or was handled before; else as `retry_failed`.
    """
    with transaction.atomic():
        batch = _take_dead(batch_id, resolution="requeued")
        may_send(batch.store)
        campaign = locked(store_id=batch.store_id, campaign_id=batch.campaign_id)
        if campaign.status not in (*CAMPAIGN.moves["retry"].sources, *CAMPAIGN_LIVE):
            raise refusal("requeue", campaign.status)
        rows = _failed(Q(batch_id=batch_id))
        _run_again(campaign, rows, actor=actor, reason=reason or "dead letter requeued")
        _note("requeued", batch, actor=actor, reason=reason)
    return len(rows)


def discard(*, batch_id: int, actor: Actor, reason: str = "") -> None:
    """Leave a dead batch as it is: its recipients stay failed. Raises NotADeadLetter."""
    with transaction.atomic():
        batch = _take_dead(batch_id, resolution="discarded")
        _note("discarded", batch, actor=actor, reason=reason)


def _note(what: str, batch: SendBatch, *, actor: Actor, reason: str) -> None:
    action = {"requeued": "batch.requeue", "discarded": "batch.discard"}[what]
    facts = {"before": "dead", "after": what}
    record(action, actor=actor, subject=f"batch:{batch.pk}", store_id=batch.store_id, reason=reason, **facts)


class NotADeadLetter(InvalidStatus):
    """This batch is no dead letter, or was handled before."""


def _take_dead(batch_id: int, *, resolution: str) -> SendBatch:
    rows = SendBatch.objects.filter(pk=batch_id, state="dead", resolution="")
    if not rows.update(resolution=resolution, resolved_at=timezone.now()):
        raise NotADeadLetter
    return SendBatch.objects.select_related("store").get(pk=batch_id)


def _failed(which: Q) -> list[Row]:
    failed = CampaignRecipient.objects.filter(which, status="failed").order_by("pk")
    columns = failed.values_list("pk", "credits", "parts", "attempt", "reason", "batch__country")
    return [Row(*values) for values in columns[:RETRY_MAX]]


def _run_again(campaign: Campaign, rows: Sequence[Row], *, actor: Actor, reason: str) -> None:
    """The new run, in the caller's transaction, who has locked the campaign."""
    if not rows:
        raise NothingToRetry
    run, credits, now = campaign.run + 1, sum(row.credits for row in rows), timezone.now()
    label = f"Campaign “{campaign.name}”, run {run}"
    reservation = hold(store_id=campaign.store_id, amount=credits, key=f"campaign:{campaign.pk}:{run}", label=label)
    columns: dict[str, Any] = {"run": run, "updated_at": now}
    before = campaign.status
    if before in CAMPAIGN_LIVE:  # its own hold stays: whoever is not written down yet is paid from it
        Campaign.objects.filter(pk=campaign.pk).update(**columns)
    else:
        columns |= {"reservation": reservation, "finished_at": None, "archived_at": None}
        CAMPAIGN.move(Campaign.objects.filter(pk=campaign.pk), "retry", **columns)
    after = before if before in CAMPAIGN_LIVE else "sending"
    facts = {"recipients": len(rows), "credits": credits, "run": run}
    history.append(campaign, "retry", before=before, after=after, actor=actor, reason=reason, **facts)
    _into_batches(campaign, rows, run=run, reservation_id=reservation.pk)
    _resolve_emptied(campaign.pk, now)
    enqueue(Task.SEND_NEXT, copies=4)


def _resolve_emptied(campaign_id: int, now: datetime) -> None:
    """Dead letters whose failed recipients all go out again are none any more. Index: batch_campaign."""
    left = CampaignRecipient.objects.filter(batch_id=OuterRef("pk"), status="failed")
    letters = SendBatch.objects.filter(~Exists(left), campaign_id=campaign_id, state="dead", resolution="")
    letters.update(resolution="requeued", resolved_at=now)


def _into_batches(campaign: Campaign, rows: Sequence[Row], *, run: int, reservation_id: int) -> None:
    """New batches; they count attempts on from the highest, so that no reference is ever used twice."""
    for cut in _cuts(rows, size=settings.SMS_BATCH_SIZE):
        batch = SendBatch.objects.create(
            store_id=campaign.store_id,
            campaign_id=campaign.pk,
            reservation_id=reservation_id,
            run=run,
            size=len(cut),
            parts=sum(row.parts for row in cut),
            country=cut[0].country,
            attempt=max(row.attempt for row in cut),
        )
        move_to_batch(ids=[row.recipient_id for row in cut], batch_id=batch.pk, status="failed")
    moves = [Moved("failed", "pending", row.reason, 1, row.credits, row.parts) for row in rows]
    count_moves(campaign_id=campaign.pk, moves=moves)


def _cuts(rows: Sequence[Row], *, size: int) -> list[Sequence[Row]]:
    """At most `size` each, of one country as the batches they come from."""
    by_country: dict[str, list[Row]] = {}
    for row in rows:
        by_country.setdefault(row.country, []).append(row)
    return [alike[at : at + size] for alike in by_country.values() for at in range(0, len(alike), size)]
