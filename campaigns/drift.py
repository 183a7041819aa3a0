"""The campaigns' part of `manage.py doctor`: counters, holds and bills against the recipients they are about.

Every check is one statement, hence one snapshot: a send that goes on meanwhile is not a drift.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, F

from billing.drift import SHOWN, Drift, unhurried
from campaigns.models import Campaign, CampaignProgress, CampaignRecipient, ReasonCount
from campaigns.queries import drift as queries
from campaigns.queries.drift_of_refunds import refunds
from config.audit import SYSTEM, Actor, record
from config.sql import fetch_one

Check = Callable[..., list[Drift]]
CHECKS: tuple[Check, ...] = (
    queries.counters,
    queries.sums,
    queries.reasons,
    queries.charges,
    refunds,
    queries.states,
    queries.orphan_batches,
    queries.orphan_recipients,
    queries.holds,
    queries.stuck,
)
# Campaigns that ended longer ago than this are looked at only when all are asked for.
RECENT_HOURS = 72


class Counters(NamedTuple):
    """Columns of CampaignProgress that follow from the recipients."""

    audience: int
    pending: int
    sent: int
    delivered: int
    undelivered: int
    failed: int
    skipped: int
    unknown: int
    unconfirmed: int
    cancelled: int
    parts_sent: int
    credits_charged: int


def find_drift(*, hours: int | None = RECENT_HOURS) -> list[Drift]:
    """Every drift of campaigns that are live or ended within `hours` (None: of all), at most SHOWN per check."""
    return [drift for check in CHECKS for drift in unhurried(partial(check, hours=hours, shown=SHOWN))]


def derivable(drift: Drift) -> bool:
    """Whether the number follows from the recipients, so that `repair` may write it again."""
    return drift.name.startswith(("progress.", "reasons."))


@transaction.atomic
def repair(drift: Drift, *, actor: Actor = SYSTEM) -> bool:
    """Count a campaign's recipients again, for its counters and its reasons. True when something changed.

    False for what is evidence itself: recipients, batches, holds; a person decides. Safe beside a send: whoever moves
    recipients adds to their counters afterwards in the same transaction, so under the lock of the counters either both
    are seen or both come later.
    """
    if not derivable(drift):
        return False
    progress = CampaignProgress.objects.select_for_update().filter(pk=int(drift.subject.split(":")[1])).first()
    counted = _count(progress.pk) if progress else None
    if progress is None or counted is None:
        return False
    before = {name: getattr(progress, name) for name in Counters._fields}
    after = counted._asdict()
    reasons = _recount_reasons(progress.pk)
    if before == after and not reasons:
        return False
    CampaignProgress.objects.filter(pk=progress.pk).update(**after, version=F("version") + 1)
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    store_id = Campaign.objects.values_list("store_id", flat=True).get(pk=progress.pk)
    subject = f"campaign:{progress.pk}"
    record("campaign.repair", actor=actor, subject=subject, store_id=store_id, counters=changed, reasons=reasons)
    return True


def _count(campaign_id: int) -> Counters | None:
    """A campaign's counters as its recipients are. Index: recipient_phone_once."""
    sql = """
        SELECT count(*),
               count(*) FILTER (WHERE r.status = 'pending'),
               count(*) FILTER (WHERE r.status = 'sent'),
               count(*) FILTER (WHERE r.status = 'delivered'),
               count(*) FILTER (WHERE r.status = 'undelivered'),
               count(*) FILTER (WHERE r.status = 'failed'),
               count(*) FILTER (WHERE r.status = 'skipped'),
               count(*) FILTER (WHERE r.status = 'unknown'),
               count(*) FILTER (WHERE r.status = 'unconfirmed'),
               count(*) FILTER (WHERE r.status = 'cancelled'),
               coalesce(sum(r.parts) FILTER (WHERE r.status IN ('sent', 'delivered', 'undelivered')), 0)::bigint,
               coalesce(sum(r.charged), 0)::bigint
          FROM campaigns_campaignrecipient r
         WHERE r.campaign_id = %(campaign_id)s
    """
    return fetch_one(sql, {"campaign_id": campaign_id}, Counters)


def _recount_reasons(campaign_id: int) -> dict[str, Any]:
    """Write the campaign's reasons as they are; returns what changed: "failed expired" -> [before, after]."""
    rows = CampaignRecipient.objects.filter(campaign_id=campaign_id, status__in=["failed", "skipped", "undelivered"])
    numbers = rows.order_by().values_list("status", "reason").annotate(Count("pk"))
    counted = {(status, reason): number for status, reason, number in numbers}
    kept = {(row.status, row.reason): row for row in ReasonCount.objects.filter(campaign_id=campaign_id)}
    changed = {}
    for key in sorted({*counted, *kept}):
        before, after = (kept[key].count if key in kept else 0), counted.get(key, 0)
        if before == after:
            continue
        changed[" ".join(key)] = [before, after]
        status, reason = key
        ReasonCount.objects.update_or_create(
            campaign_id=campaign_id, status=status, reason=reason, defaults={"count": after}
        )
    return changed
