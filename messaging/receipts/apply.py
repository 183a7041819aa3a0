"""The drain: receipts of the inbox become states, counters, log lines and, for late evidence, bills. In bulk."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from billing.errors import ReservationClosed, ReservationExceeded
from billing.services import account_of, capture_late, charge
from campaigns.queries.progress import add_to_progress, add_to_reasons
from campaigns.queries.receipts import Change, Standing, close_resolved, lock_standing, record_evidence
from campaigns.services.finish import settled_unknowns
from config.queues import Task, ring
from messaging.log import LogLine, append
from messaging.models import Receipt
from messaging.receipts.judge import Judgement, judge
from messaging.receipts.match import recipients_of
from messaging.receipts.queries import forget_later, take, tick_off

SLICE_SECONDS = 20.0


class Applied(NamedTuple):
    """A receipt with what it meant."""

    receipt: Receipt
    standing: Standing | None
    judgement: Judgement


def drain() -> dict[str, int]:
    """Apply what is in the inbox for at most 20 seconds, then ring again. Returns receipts by outcome."""
    total: Counter[str] = Counter()
    ends = time.monotonic() + SLICE_SECONDS
    while True:
        counts = apply_some(settings.RECEIPT_BATCH)
        total.update(counts)
        if sum(counts.values()) < settings.RECEIPT_BATCH:
            return dict(total)
        if time.monotonic() >= ends:
            ring(Task.APPLY_RECEIPTS)
            return dict(total)


def apply_some(limit: int) -> "Counter[str]":
    """One transaction: take up to `limit` receipts, match, judge, record, count, bill. Returns them by outcome."""
    with transaction.atomic(durable=True):
        receipts = take(limit)
        if not receipts:
            return Counter()
        known = recipients_of(receipts)
        standings = {row.recipient_id: row for row in lock_standing(sorted(set(known.values())))}
        applied = _judge_all(receipts, known, standings)
        _record(applied)
    touched = {row.standing.campaign_id for row in applied if row.standing and row.judgement.outcome == "settled"}
    for campaign_id in touched:
        settled_unknowns(campaign_id)
    return Counter(row.judgement.outcome for row in applied)


def _judge_all(receipts: Sequence[Receipt], known: dict[int, int], standings: dict[int, Standing]) -> list[Applied]:
    """Judge in order of arrival; a later receipt for the same recipient meets what the earlier ones made of him."""
    applied = []
    for receipt in receipts:
        standing = standings.get(known.get(receipt.pk, 0))
        if standing is None or (standing.account_id not in {None, receipt.account_id} and not receipt.reference):
            applied.append(Applied(receipt, None, Judgement("unmatched")))
            continue
        judgement = judge(receipt, standing)
        applied.append(Applied(receipt, standing, judgement))
        if judgement.change:
            standings[standing.recipient_id] = _after(standing, judgement.change)
    return applied


def _after(standing: Standing, change: Change) -> Standing:
    charged = standing.credits if change.bill else standing.charged
    return standing._replace(status=change.status, rank=change.rank, reason=change.reason, charged=charged)


def _record(applied: Sequence[Applied]) -> None:
    moved = [row for row in applied if row.judgement.change and row.standing]
    last = {row.judgement.change.recipient_id: row.judgement.change for row in moved if row.judgement.change}
    billed = {
        row.standing.recipient_id
        for row in moved
        if row.standing and row.judgement.change and row.judgement.change.bill
    }
    if last:
        record_evidence([change._replace(bill=number in billed) for number, change in sorted(last.items())])
    append(_log_lines(applied))
    _count(moved)
    _tick_off(applied)
    close_resolved(
        sorted({row.standing.batch_id for row in moved if row.standing and row.judgement.outcome == "settled"})
    )
    _bill(moved)


def _count(moved: Iterable[Applied]) -> None:
    deltas: dict[int, Counter[str]] = {}
    reasons: dict[int, Counter[tuple[str, str]]] = {}
    for row in moved:
        standing, change = row.standing, row.judgement.change
        if standing is None or change is None:
            continue
        delta = deltas.setdefault(standing.campaign_id, Counter())
        delta[standing.status] -= 1
        delta[change.status] += 1
        if change.bill:
            delta["parts_sent"] += standing.parts
            delta["credits_charged"] += standing.credits
        reason = reasons.setdefault(standing.campaign_id, Counter())
        if standing.status == "undelivered":
            reason["undelivered", standing.reason] -= 1
        if change.status == "undelivered":
            reason["undelivered", change.reason] += 1
    for campaign_id in sorted(deltas):
        add_to_progress(campaign_id=campaign_id, delta=deltas[campaign_id])
        add_to_reasons(campaign_id=campaign_id, reasons=reasons[campaign_id])


def _bill(moved: Iterable[Applied]) -> None:
    """Bill late evidence: from the hold while it stands, else from the account, below zero if need be."""
    for row in moved:
        standing, change = row.standing, row.judgement.change
        if standing is None or change is None or not change.bill:
            continue
        key, label = f"late:{standing.recipient_id}", "Late proof that a message was sent"
        try:
            charge(reservation_id=standing.reservation_id, amount=standing.credits, key=key, label=label)
        except (ReservationClosed, ReservationExceeded):
            account = account_of(standing.store_id)
            capture_late(account_id=account.pk, amount=standing.credits, key=key, label=label)


def _tick_off(applied: Sequence[Applied]) -> None:
    done = [row for row in applied if row.judgement.outcome not in {"unmatched", "early"}]
    tick_off(ids=[row.receipt.pk for row in done], outcomes=[row.judgement.outcome for row in done])
    forget_later([row.receipt.pk for row in applied if row.judgement.outcome in {"unmatched", "early"}])


def _log_lines(applied: Sequence[Applied]) -> list[LogLine]:
    now = timezone.now()
    return [
        LogLine(
            store_id=row.standing.store_id,
            campaign_id=row.standing.campaign_id,
            recipient_id=row.standing.recipient_id,
            batch_id=row.standing.batch_id,
            attempt=row.standing.attempt,
            account_id=row.receipt.account_id,
            kind="receipt",
            outcome=row.receipt.status,
            provider_message_id=row.receipt.provider_message_id,
            raw_status=row.receipt.raw_status,
            error_class=row.receipt.error_class,
            error_code=row.receipt.error_code,
            parts=row.receipt.parts,
            at=now,
        )
        for row in applied
        if row.standing and row.judgement.outcome != "early"
    ]
