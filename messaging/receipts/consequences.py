"""What evidence about recipients entails: their states, the counters and, money last, the bill."""

import logging
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from billing.errors import ReservationClosed, ReservationExceeded
from billing.services import account_of, capture_late, charge, lock_holds, release
from campaigns.queries.progress import NEWS, add_to_progress, add_to_reasons
from campaigns.queries.receipts import Change, Standing, record_evidence

log = logging.getLogger(__name__)

Pair = tuple[Standing, Change]


def record_changes(pairs: Sequence[Pair]) -> None:
    """Write the changes of recipients who are locked, inside the caller's transaction.

    In order: a later one for the same recipient starts where the earlier one left him.
    """
    if not pairs:
        return
    last = {change.recipient_id: change for _, change in pairs}
    billed = {change.recipient_id for _, change in pairs if change.bill}
    record_evidence([change._replace(bill=number in billed) for number, change in sorted(last.items())])
    _count(pairs)
    _move_money(pairs)


class Kind(NamedTuple):
    """What moves of recipients have in common that is counted: a thousand receipts are a handful of kinds."""

    campaign_id: int
    before: str
    after: str
    reason_before: str
    reason_after: str
    billed: bool
    again: bool


def _count(pairs: Sequence[Pair]) -> None:
    kinds = Counter(map(_kind, pairs))
    deltas: dict[int, Counter[str]] = {kind.campaign_id: Counter() for kind in kinds}
    reasons: dict[int, Counter[tuple[str, str]]] = {kind.campaign_id: Counter() for kind in kinds}
    for kind, people in kinds.items():
        _add(kind, people, delta=deltas[kind.campaign_id])
        if kind.before == "undelivered":
            reasons[kind.campaign_id]["undelivered", kind.reason_before] -= people
        if kind.after == "undelivered":
            reasons[kind.campaign_id]["undelivered", kind.reason_after] += people
    for standing, change in pairs:
        if change.bill:
            deltas[standing.campaign_id]["parts_sent"] += standing.parts
            deltas[standing.campaign_id]["credits_charged"] += standing.credits
    for campaign_id in sorted(deltas):
        add_to_progress(campaign_id=campaign_id, delta=deltas[campaign_id])
        add_to_reasons(campaign_id=campaign_id, reasons=reasons[campaign_id])


def _add(kind: Kind, people: int, *, delta: "Counter[str]") -> None:
    delta[kind.before] -= people
    delta[kind.after] += people
    if kind.after in ("delivered", "undelivered") and kind.after != kind.before:
        delta[NEWS[kind.after]] += people
    if kind.billed:
        delta["new_sent"] += people
        delta["retry_sent"] += people if kind.again else 0


def _kind(pair: Pair) -> Kind:
    standing, change = pair
    return Kind(
        standing.campaign_id,
        standing.status,
        change.status,
        standing.reason,
        change.reason,
        change.bill,
        standing.run > 1,
    )


def _move_money(pairs: Sequence[Pair]) -> None:
    """Bill who was proved to have got it, give back the credits of who was given up. Holds in one order, always."""
    late = [standing for standing, change in pairs if change.bill]
    returned: Counter[int] = Counter()
    for standing, change in pairs:
        if change.status == "unconfirmed":
            returned[standing.reservation_id] += standing.credits
    lock_holds({standing.reservation_id for standing in late} | set(returned))
    for standing in late:
        _bill(standing)
    for reservation_id, credits in sorted(returned.items()):
        give_back(reservation_id=reservation_id, credits=credits)


def _bill(standing: Standing) -> None:
    """Bill late evidence: from the hold while he is unknown, from the account once he was given up."""
    key, label = f"late:{standing.recipient_id}", "Late proof that a message was sent"
    if standing.status == "unknown":
        charge_or_capture(
            store_id=standing.store_id,
            reservation_id=standing.reservation_id,
            amount=standing.credits,
            key=key,
            label=label,
        )
    else:
        capture_late(account_id=account_of(standing.store_id).pk, amount=standing.credits, key=key, label=label)


def charge_or_capture(*, store_id: int, reservation_id: int, amount: int, key: str, label: str) -> bool:
    """Bill late: from the hold, or from the account when the hold has ended. False: the key was billed before."""
    try:
        return charge(reservation_id=reservation_id, amount=amount, key=key, label=label)
    except (ReservationClosed, ReservationExceeded):
        return capture_late(account_id=account_of(store_id).pk, amount=amount, key=key, label=label)


def give_back(*, reservation_id: int, credits: int) -> None:
    """Release the credits of recipients who were given up, at once: what comes later bills the account."""
    if not credits:
        return
    try:
        release(reservation_id=reservation_id, amount=credits)
    except (ReservationClosed, ReservationExceeded):  # somebody must look, and the doctor names it; the state stands
        log.exception("hold_too_small", extra={"reservation_id": reservation_id, "credits": credits})
