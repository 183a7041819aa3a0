"""The drain: receipts of the inbox become states, counters, log lines and, for late evidence, bills. In bulk."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from campaigns import latency
from campaigns.queries.progress import add_to_latencies
from campaigns.queries.receipts import Change, Standing, lock_standing
from campaigns.services.finish import settled_unknowns
from config.failpoints import reach
from config.queues import Task, ring
from messaging.receipts.consequences import record_changes
from messaging.receipts.judge import Judgement, judge
from messaging.receipts.match import handed_over, recipients_of
from messaging.receipts.queries import Done, Waiting, look_again_later, look_again_soon, take, tick_off

SLICE_SECONDS = 20.0
# When fewer were there than would be taken: the provider is probably in the middle of telling us more, and a thousand
# at once cost a third of what a hundred cost, ring included.
LINGER_SECONDS = 0.02


class Applied(NamedTuple):
    """A receipt with what it meant."""

    receipt: Waiting
    standing: Standing | None
    judgement: Judgement


def drain() -> dict[str, int]:
    """Apply what is in the inbox until nothing is, or for 20 seconds, then ring again. Returns receipts by outcome."""
    total: Counter[str] = Counter()
    ends = time.monotonic() + SLICE_SECONDS
    while counts := apply_some(settings.RECEIPT_BATCH):
        total.update(counts)
        if time.monotonic() >= ends:
            ring(Task.APPLY_RECEIPTS)
            break
        if sum(counts.values()) < settings.RECEIPT_BATCH:
            time.sleep(LINGER_SECONDS)
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
        reach("drain.before_commit")
    reach("drain.committed")
    touched = {row.standing.campaign_id for row in applied if row.standing and row.judgement.outcome == "settled"}
    for campaign_id in touched:
        settled_unknowns(campaign_id)
    return Counter(row.judgement.outcome for row in applied)


def _judge_all(receipts: Sequence[Waiting], known: dict[int, int], standings: dict[int, Standing]) -> list[Applied]:
    """Judge in order of arrival; a later receipt for the same recipient meets what the earlier ones made of him."""
    applied = []
    strange = _strange(receipts, known, standings)
    for receipt in receipts:
        standing = standings.get(known.get(receipt.receipt_id, 0))
        if standing is None or (standing.recipient_id, receipt.account_id) in strange:
            applied.append(Applied(receipt, None, Judgement("unmatched")))
            continue
        judgement = judge(receipt, standing)
        applied.append(Applied(receipt, standing, judgement))
        if judgement.change:
            standings[standing.recipient_id] = _after(standing, judgement.change)
    return applied


def _strange(
    receipts: Sequence[Waiting], known: dict[int, int], standings: dict[int, Standing]
) -> set[tuple[int, int]]:
    """(recipient, account) of receipts over another account than any that had the recipient: it settles nothing."""
    other = {
        (standing.recipient_id, receipt.account_id)
        for receipt in receipts
        if (standing := standings.get(known.get(receipt.receipt_id, 0))) and standing.account_id != receipt.account_id
    }
    return other - handed_over(other)


def _after(standing: Standing, change: Change) -> Standing:
    charged = standing.credits if change.bill else standing.charged
    return standing._replace(status=change.status, rank=change.rank, reason=change.reason, charged=charged)


def _record(applied: Sequence[Applied]) -> None:
    _tick_off(applied)
    _count_latencies(applied)
    record_changes([(row.standing, row.judgement.change) for row in applied if row.standing and row.judgement.change])


def _count_latencies(applied: Sequence[Applied]) -> None:
    """How long the delivered ones took, from the provider's yes to the arrival of the receipt, by our clock.

    Who was unknown has no such moment. A receipt that overtook the answer took no time at all.
    """
    took = Counter(
        (row.standing.campaign_id, latency.bucket(row.receipt.received_at - row.standing.sent_at))
        for row in applied
        if row.standing and row.standing.sent_at and row.judgement.change and row.judgement.change.status == "delivered"
    )
    found: dict[int, Counter[int]] = {}
    for (campaign_id, bucket), messages in took.items():
        found.setdefault(campaign_id, Counter())[bucket] += messages
    for campaign_id in sorted(found):
        add_to_latencies(campaign_id=campaign_id, buckets=found[campaign_id])


def _tick_off(applied: Sequence[Applied]) -> None:
    waiting: dict[str, list[int]] = {"early": [], "unmatched": []}
    done: list[Done] = []
    for row in applied:
        if row.standing is None or row.judgement.outcome in waiting:
            waiting[row.judgement.outcome].append(row.receipt.receipt_id)
        else:
            done.append(Done(row.receipt.receipt_id, row.judgement.outcome, row.standing.recipient_id))
    tick_off(done)
    look_again_soon(waiting["early"])
    look_again_later(waiting["unmatched"])
