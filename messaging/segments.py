"""What segments can ask about clicks by people, and the system segment of those who engaged.

Indexes: click_store for a count (the store's clicks at once), click_contact for a walk.
"""

from typing import Any

from django.db.models import Exists, Q, QuerySet

from audiences.segments import registry
from audiences.segments.arguments import DAYS
from audiences.segments.registry import SystemSegment
from audiences.segments.rule import Asked, Condition, Operator, Rule, having, unmet
from campaigns.segments import CAMPAIGN, SENT
from messaging.models import Click

ENGAGED_DAYS = 90


def _by_people(asked: Asked) -> "QuerySet[Any]":
    return Click.objects.filter(store_id=asked.sight.store_id, human=True)


def _of_campaign(asked: Asked) -> Exists:
    return having(_by_people(asked).filter(campaign_id=asked.value), sight=asked.sight)


def _lately(asked: Asked) -> Exists:
    since = asked.sight.start_of(asked.sight.ago(asked.value))
    return having(_by_people(asked).filter(at__gte=since), sight=asked.sight)


def _not_of_campaign(asked: Asked) -> Condition:
    return Q(SENT.operators["campaign"].where(asked)) & unmet(_of_campaign(asked))


def _not_lately(asked: Asked) -> Condition:
    return Q(SENT.operators["in_last_days"].where(asked)) & unmet(_lately(asked))


def _version(asked: Asked) -> str:
    """The store's newest click. Index: click_store."""
    newest = _by_people(asked).order_by("-at", "-pk").values_list("pk", flat=True)
    return str(newest.first())


def _version_of_not(name: str) -> Any:
    return lambda asked: f"{SENT.operators[name].version(asked)} {_version(asked)}"


RULES = (
    Rule(
        "clicked",
        "Clicked a link",
        {
            "campaign": Operator(CAMPAIGN, _of_campaign, "{what} of {value}", version=_version),
            "in_last_days": Operator(DAYS, _lately, "{what} in the last {value} days", version=_version),
        },
    ),
    Rule(
        "not_clicked",
        "Was sent",
        {
            "campaign": Operator(
                CAMPAIGN,
                _not_of_campaign,
                "{what} {value} and clicked no link of it",
                version=_version_of_not("campaign"),
            ),
            "in_last_days": Operator(
                DAYS,
                _not_lately,
                "{what} any campaign of the last {value} days and clicked no link in these days",
                version=_version_of_not("in_last_days"),
            ),
        },
    ),
)
ENGAGED = SystemSegment(
    "engaged_90_days",
    "Engaged in 90 days",
    "Clicked a link or agreed to be texted in the last 90 days, and did not opt out.",
    {
        "and": [
            {"rule": "consent", "is": ["opted_in"]},
            {
                "or": [
                    {"rule": "clicked", "in_last_days": ENGAGED_DAYS},
                    {"rule": "consent_date", "in_last_days": ENGAGED_DAYS},
                ]
            },
        ]
    },
)


def register() -> None:
    """Called once, when the app is ready."""
    registry.register(*RULES)
    registry.register_system(ENGAGED)
