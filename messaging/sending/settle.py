"""Settle: record what became of a marked batch, and bill it, in one transaction that may be repeated."""

import logging
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from billing.services import charge
from campaigns.queries.progress import count_moves
from campaigns.queries.receipts import Change, lock_standing
from campaigns.queries.settle import (
    Moved,
    Verdict,
    end_batch,
    has_unknown,
    hold_batch,
    hold_erased,
    hold_live,
    lock_unresolved,
    record_outcomes,
)
from config.failpoints import reach
from messaging.log import Answer, HandOver, append_attempt
from messaging.receipts.consequences import charge_or_capture, record_changes
from messaging.sending.backoff import delay
from providers.interface import Accepted, Outcome, Refused, Unsure

log = logging.getLogger(__name__)


class Settlement(NamedTuple):
    """Everything that is needed to record a hand-over, and nothing that would need another call: it can be spooled."""

    batch_id: int
    fence: int
    attempt: int
    spent: int
    campaign_id: int
    store_id: int
    reservation_id: int
    account_id: int
    campaign_name: str
    recipient_ids: Sequence[int]
    texts: Sequence[str]
    outcomes: Sequence[Outcome]
    retry_after: float | None
    not_sent: bool
    note: str


def settle(work: Settlement) -> dict[str, int]:
    """Move the recipients, write the log, count, end the batch, bill: all or nothing, once.

    Returns {accepted, refused, unsure, again}. When this fence no longer holds the batch: empty if it was settled
    before, {accepted} if it was given up for good; each acceptance still counts and is billed. Welcome late: a batch
    that was given up as ambiguous is settled all the same; but what may pass later is tried again only while the
    campaign is live, since nobody claims from one that has ended.
    """
    exhausted = work.spent >= settings.SEND_ATTEMPTS and not work.not_sent
    with transaction.atomic(durable=True):
        held = hold_batch(batch_id=work.batch_id, fence=work.fence)
        if held is None:
            captured = _capture_given_up(work)
            _write_log(work, of=captured)
            log.info("batch_was_settled", extra={"batch_id": work.batch_id, "captured": len(captured)})
            return {"accepted": len(captured)} if captured else {}
        late = held.state == "ambiguous"
        if late:
            exhausted = exhausted or not hold_live(work.campaign_id)
            lock_unresolved(work.batch_id)
        verdicts = [
            verdict(recipient_id, outcome, exhausted=exhausted)
            for recipient_id, outcome in zip(work.recipient_ids, work.outcomes, strict=True)
        ]
        moves = _move(work, verdicts, late=late)
        _write_log(work, moves=moves, of={row.recipient_id for row in verdicts})
        _end(work, verdicts, exhausted=exhausted)
        # Every worker waits for this row: as late as can be.
        count_moves(campaign_id=work.campaign_id, moves=moves, settles=True, run=held.run)
        if late:
            _capture_given_up(work)
        _bill(work, moves, late=late)
        reach("settle.before_commit")
    reach("settle.committed")
    return _counts(verdicts)


def verdict(recipient_id: int, outcome: Outcome, *, exhausted: bool) -> Verdict:
    """accepted → sent, refused → failed, or pending while it may pass later; unsure → unknown, never resent."""
    match outcome:
        case Accepted():
            return Verdict(recipient_id, "sent", "", "")
        case Refused(error_class=error_class, code=code, retryable=retryable):
            if retryable and not exhausted:
                return Verdict(recipient_id, "pending", "", code[:60])
            return Verdict(recipient_id, "failed", error_class, code[:60])
        case Unsure(reason=reason):
            return Verdict(recipient_id, "unknown", "", reason[:60])


def _move(work: Settlement, verdicts: Sequence[Verdict], *, late: bool) -> list[Moved]:
    """Write down every verdict that changes something: `pending` is a change only for who was given up meanwhile."""
    changes = [verdict for verdict in verdicts if verdict.status != ("unknown" if late else "pending")]
    return record_outcomes(changes, attempt=work.attempt, late=late) if changes else []


def _write_log(work: Settlement, *, of: set[int], moves: Sequence[Moved] = ()) -> None:
    """Write the evidence about these recipients; not the words to who was erased while the call was on its way."""
    erased = {recipient_id for move in moves for recipient_id in move.erased or ()}
    if sum(move.recipients for move in moves) < len(of):
        erased |= hold_erased(sorted(of))
    batch = HandOver(work.store_id, work.campaign_id, work.batch_id, work.attempt, work.account_id, at=timezone.now())
    append_attempt(batch, answers(work, of=of, erased=erased))


def _capture_given_up(work: Settlement) -> set[int]:
    """Bill those who were given up as unconfirmed and, as this outcome proves, had been accepted. Their ids."""
    accepted = [
        recipient_id
        for recipient_id, outcome in zip(work.recipient_ids, work.outcomes, strict=True)
        if isinstance(outcome, Accepted)
    ]
    pairs = [
        (row, Change(row.recipient_id, "sent", row.rank, "", "", bill=True))
        for row in lock_standing(accepted)
        if row.status == "unconfirmed" and row.batch_id == work.batch_id
    ]
    record_changes(pairs)
    return {row.recipient_id for row, _ in pairs}


def _end(work: Settlement, verdicts: Sequence[Verdict], *, exhausted: bool) -> None:
    """Put the batch where it belongs now."""
    statuses = {verdict.status for verdict in verdicts}
    failures = [outcome for outcome in work.outcomes if isinstance(outcome, Refused)]
    dead = exhausted and any(refused.retryable for refused in failures)
    if "pending" in statuses:
        state = "ready"
    elif dead:
        state = "dead"
    elif "unknown" in statuses or (work.attempt > 1 and has_unknown(work.batch_id)):
        state = "ambiguous"
    else:
        state = "done"
    end_batch(
        batch_id=work.batch_id,
        state=state,
        wait_seconds=max(delay(work.spent), work.retry_after or 0.0) if state == "ready" else 0.0,
        refund_try=work.not_sent,
        error_class=failures[0].error_class if failures else "",
        error=work.note,
    )


def _bill(work: Settlement, moves: Sequence[Moved], *, late: bool) -> None:
    """Money last: the credits of what was really moved to sent, under a key that exists once per attempt."""
    credits = sum(move.credits for move in moves if move.status == "sent")
    if not credits:
        return
    key, label = f"batch:{work.batch_id}:{work.attempt}", f"Campaign “{work.campaign_name}”"
    hold = work.reservation_id
    if late:
        billed = charge_or_capture(store_id=work.store_id, reservation_id=hold, amount=credits, key=key, label=label)
    else:
        billed = charge(reservation_id=hold, amount=credits, key=key, label=label)
    if not billed:
        raise AlreadyBilled(work.batch_id)


class AlreadyBilled(RuntimeError):
    """Recipients moved under a key that was billed before: nothing is recorded, somebody must look."""


def answers(work: Settlement, *, of: Collection[int], erased: Collection[int]) -> Iterator[Answer]:
    """The evidence about the recipients `of` the attempt, a line each; of `erased` ones without the words."""
    for recipient_id, written, outcome in zip(work.recipient_ids, work.texts, work.outcomes, strict=True):
        if recipient_id not in of:
            continue
        text = "" if recipient_id in erased else written
        match outcome:
            case Accepted():
                number, parts = outcome
                yield Answer(recipient_id, "accepted", number, parts, "", "", text)
            case Refused(error_class=error_class, code=code):
                yield Answer(recipient_id, "refused", None, None, error_class, code[:60], text)
            case Unsure(reason=reason):
                yield Answer(recipient_id, "unsure", None, None, "", reason[:60], text)


def _counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    names = {"sent": "accepted", "failed": "refused", "unknown": "unsure", "pending": "again"}
    counts = dict.fromkeys(names.values(), 0)
    for row in verdicts:
        counts[names[row.status]] += 1
    return counts
