"""What an automation came to: its runs, its campaigns' counters, and who opted out after it."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from campaigns.models import Automation, AutomationRun, Campaign
from campaigns.progress import STATUSES
from campaigns.queries.automations import opt_outs_after

BLAME_DAYS = 7
SUMMED = ("audience", "credits_charged", "human_clicks", "clickers", *STATUSES)


class Statistics(NamedTuple):
    """Since a moment. `runs` by outcome; `people` who were put into runs; `counts` of their campaigns' recipients.

    `opt_outs`: people who opted out within BLAME_DAYS after they were put into a run. `clicks`: by people, on links;
    `clickers`: recipients who clicked at least once.
    """

    since: datetime
    runs: dict[str, int]
    people: int
    left_out: dict[str, int]
    campaigns: dict[str, int]
    audience: int
    counts: dict[str, int]
    credits: int
    opt_outs: int
    clicks: int
    clickers: int


def measure(automation: Automation, *, days: int) -> Statistics:
    """The last `days`. Four statements, which grow with the runs and not with the people.

    Indexes: automationrun_newest, campaign_automation, and those of opt_outs_after.
    """
    since = timezone.now() - timedelta(days=days)
    runs = AutomationRun.objects.filter(automation=automation, created_at__gte=since)
    campaigns = Campaign.objects.filter(automation=automation, created_at__gte=since)
    sums = campaigns.aggregate(**{name: Sum(f"progress__{name}", default=0) for name in SUMMED})
    numbers = runs.aggregate(
        people=Sum("people", default=0),
        **{name: Count("pk", filter=Q(outcome=name)) for name in ("made", "nobody", "missed")},
    )
    return Statistics(
        since=since,
        people=numbers.pop("people"),
        runs=numbers,
        left_out=_added(runs),
        campaigns=dict(campaigns.order_by().values_list("status").annotate(Count("pk"))),
        audience=sums["audience"],
        counts={name: sums[name] for name in STATUSES},
        credits=sums["credits_charged"],
        clicks=sums["human_clicks"],
        clickers=sums["clickers"],
        opt_outs=opt_outs_after(
            automation_id=automation.pk, store_id=automation.store_id, since=since, days=BLAME_DAYS
        ),
    )


def _added(runs: "QuerySet[AutomationRun]") -> dict[str, int]:
    total: dict[str, int] = {}
    for left_out in runs.exclude(left_out={}).order_by().values_list("left_out", flat=True).iterator():
        for reason, number in left_out.items():
            total[reason] = total.get(reason, 0) + number
    return total
