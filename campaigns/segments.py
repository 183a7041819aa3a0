"""What segments can ask about past campaigns, and who is left without a segment. Registered when the app is ready.

"Any campaign" is one to an audience, not a test or direct message, that started on one of these days of the store's
clock. Indexes, all of them there for other reasons: recipient_phone_once for a count (all recipients of the campaigns
at once), the recipients' contact for a walk, campaign_store for the campaigns.
"""

from typing import Any

from django.db.models import Exists, Q, QuerySet, Sum

from audiences.segments import registry
from audiences.segments.arguments import DAYS, Named
from audiences.segments.rule import Asked, Operator, Rule, having
from campaigns.models import Campaign, CampaignProgress, CampaignRecipient
from campaigns.states import NUMBERS_KINDS, RECIPIENT_ACCEPTED

NOT_ARRIVED = ("undelivered", "failed", "unconfirmed")


def _name(pk: int, store_id: int) -> str | None:
    rows = Campaign.objects.filter(pk=pk, store_id=store_id).exclude(kind__in=NUMBERS_KINDS)
    return rows.values_list("name", flat=True).first()


CAMPAIGN = Named("campaign id", kind="cmp", name_of=_name)


def _recent(asked: Asked) -> "QuerySet[Campaign]":
    since = asked.sight.start_of(asked.sight.ago(asked.value))
    rows = Campaign.objects.filter(store_id=asked.sight.store_id, started_at__gte=since)
    return rows.exclude(kind__in=NUMBERS_KINDS)


def _rule(name: str, what: str, statuses: tuple[str, ...]) -> Rule:
    """Whoever is a recipient with one of these statuses: of one campaign, or of any of the last days."""
    received = CampaignRecipient.objects.filter(status__in=statuses)

    def of_campaign(asked: Asked) -> Exists:
        return having(received.filter(campaign_id=asked.value), sight=asked.sight)

    def of_any(asked: Asked) -> Exists:
        return having(received.filter(campaign__in=_recent(asked)), sight=asked.sight)

    return Rule(
        name,
        what,
        {
            "campaign": Operator(CAMPAIGN, of_campaign, "{what} {value}", version=_of_one),
            "in_last_days": Operator(DAYS, of_any, "{what} any campaign of the last {value} days", version=_of_any),
        },
    )


def _of_one(asked: Asked) -> str:
    return _sum(Q(pk=asked.value))


def _of_any(asked: Asked) -> str:
    return _sum(Q(campaign__in=_recent(asked)))


def _sum(which: Q) -> str:
    """Grows with every change of the recipients of these campaigns: each of them counts."""
    return str(CampaignProgress.objects.filter(which).aggregate(sum=Sum("version"))["sum"])


SENT = _rule("sent", "Was sent", RECIPIENT_ACCEPTED)
RULES = (
    SENT,
    _rule("delivered", "Received", ("delivered",)),
    _rule("not_delivered", "Could not be reached by", NOT_ARRIVED),
)


def users(store_id: int, segment_id: int) -> list[str]:
    """Names of the scheduled campaigns that are for a segment or exclude it. Index: campaign_due."""
    named: dict[str, Any] = {"kind": "segment", "id": segment_id}
    rows = Campaign.objects.filter(
        Q(audience__contains=named) | Q(audience__contains={"exclude": [named]}), store_id=store_id, status="scheduled"
    )
    return list(rows.order_by("pk").values_list("name", flat=True))


def register() -> None:
    """Called once, when the app is ready."""
    registry.register(*RULES)
    registry.register_use(users)
