"""What becomes of recipients whose outcome nobody knows: evidence settles them, time or staff gives them up.

They are never sent again by themselves. Given up they are `unconfirmed`: their credits go back, and a receipt that
comes even later is still billed.
"""

import logging
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from campaigns.models import CampaignRecipient
from campaigns.queries.progress import count_moves
from campaigns.queries.receipts import Change, Standing, lock_standing
from campaigns.queries.unknown import give_up, overdue_batch
from campaigns.services.finish import settled_unknowns
from config.audit import Actor, record
from config.failpoints import reach
from messaging.log import LogLine, append
from messaging.models import ProviderAccount
from messaging.receipts.consequences import give_back, record_changes

log = logging.getLogger(__name__)

DEFAULT_HOURS = 72
# An account that gives no receipts: waiting for one is in vain, an hour covers a late reply of the same worker.
NEVER_HOURS = 1
DECIDE_MAX = 5000


def give_up_overdue(*, limit: int, deadline_hours: float | None = None) -> dict[str, int]:
    """unknown -> unconfirmed where the account's deadline has passed. {batches, recipients}.

    `deadline_hours` overrides every account's deadline; 0 means now.
    """
    counts = {"batches": 0, "recipients": 0}
    campaigns: set[int] = set()
    default = DEFAULT_HOURS if deadline_hours is None else deadline_hours
    hours = _hours_by_account() if deadline_hours is None else {}
    while counts["batches"] < limit:
        with transaction.atomic():
            batch = overdue_batch(default_hours=default, hours_by_account=hours)
            if batch is None:
                break
            moves = give_up(batch.batch_id)
            count_moves(campaign_id=batch.campaign_id, moves=moves)
            give_back(reservation_id=batch.reservation_id, credits=sum(move.credits for move in moves))
            reach("give_up.before_commit")
        counts["batches"] += 1
        counts["recipients"] += sum(move.recipients for move in moves)
        campaigns.add(batch.campaign_id)
    for campaign_id in campaigns:
        settled_unknowns(campaign_id)
    if counts["recipients"]:
        log.warning("recipients_unconfirmed", extra=counts)
    return counts


def _hours_by_account() -> dict[int, float]:
    rows = ProviderAccount.objects.values_list("pk", "on_ambiguous", "unconfirmed_after_hours")
    return {pk: NEVER_HOURS if policy == "never" else after for pk, policy, after in rows}


def decide(*, campaign_id: int, accepted: bool, actor: Actor, reason: str) -> int:
    """Staff's word on a campaign's unknown recipients, at most DECIDE_MAX at a time; returns how many it settled.

    `accepted`: the provider proved by other means that it sent them, so they are billed. Else: unconfirmed, credits
    back. Later receipts still count. The decision is evidence, so it is a line of the message log for each.
    """
    ids = CampaignRecipient.objects.filter(campaign_id=campaign_id, status="unknown").order_by("pk")
    with transaction.atomic():
        standings = lock_standing(list(ids.values_list("pk", flat=True)[:DECIDE_MAX]))
        status = "sent" if accepted else "unconfirmed"
        pairs = [
            (row, Change(row.recipient_id, status, row.rank, "", "", accepted))
            for row in standings
            if row.status == "unknown"
        ]
        if not pairs:
            return 0
        record(
            "campaign.decide_unknown",
            actor=actor,
            subject=f"campaign:{campaign_id}",
            store_id=pairs[0][0].store_id,
            reason=reason,
            recipients=len(pairs),
            accepted=accepted,
            before="unknown",
            after=status,
        )
        append(_log_lines([standing for standing, _ in pairs], accepted=accepted))
        record_changes(pairs)
    settled_unknowns(campaign_id)
    return len(pairs)


def _log_lines(standings: Sequence[Standing], *, accepted: bool) -> list[LogLine]:
    now = timezone.now()
    return [
        LogLine(
            store_id=row.store_id,
            campaign_id=row.campaign_id,
            recipient_id=row.recipient_id,
            batch_id=row.batch_id,
            attempt=row.attempt,
            account_id=row.account_id,
            kind="decision",
            outcome="accepted" if accepted else "unconfirmed",
            at=now,
        )
        for row in standings
    ]
