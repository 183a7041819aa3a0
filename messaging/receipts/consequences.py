"""What evidence about recipients entails: their states, the counters and, money last, the bill."""

from collections import Counter
from collections.abc import Sequence

from billing.errors import ReservationClosed, ReservationExceeded
from billing.services import account_of, capture_late, charge, lock_holds
from campaigns.queries.progress import add_to_progress, add_to_reasons
from campaigns.queries.receipts import Change, Standing, record_evidence

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
    late = [standing for standing, change in pairs if change.bill]
    lock_holds({standing.reservation_id for standing in late})  # several holds of one account, always in one order
    for standing in late:
        _bill(standing)


def _count(pairs: Sequence[Pair]) -> None:
    deltas: dict[int, Counter[str]] = {}
    reasons: dict[int, Counter[tuple[str, str]]] = {}
    for standing, change in pairs:
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


def _bill(standing: Standing) -> None:
    """Bill late evidence: from the hold while it stands, else from the account, below zero if need be."""
    key, label = f"late:{standing.recipient_id}", "Late proof that a message was sent"
    try:
        charge(reservation_id=standing.reservation_id, amount=standing.credits, key=key, label=label)
    except (ReservationClosed, ReservationExceeded):
        account = account_of(standing.store_id)
        capture_late(account_id=account.pk, amount=standing.credits, key=key, label=label)
