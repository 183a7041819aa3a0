"""Automations: rules that make campaigns by themselves."""

import json
from datetime import timedelta
from typing import Any, NamedTuple

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from campaigns.automations.activity import ACTIVITIES
from campaigns.automations.conditions import OPS
from campaigns.automations.rules import BOUNDS, OF_KIND, defaults
from campaigns.content import CONTACT_FIELDS
from campaigns.models import Campaign
from campaigns.models.automation import AUTOMATION_KINDS
from campaigns.states import PRIORITIES, WRITTEN_KINDS
from config.opaque import private_id
from config.problems import NotFound
from messaging.console.audiences import Audiences
from messaging.console.pages import caller, page, show
from messaging.console.reading import leaf, read

DAYS = 90  # of the statistics
RUNS_SHOWN = 20
ICONS = {"birthday": "cake", "welcome": "people", "winback": "again", "event": "bolt"}


@page(nav="automations")
def automations(request: HttpRequest) -> HttpResponse:
    """The store's automations, newest first, each with what it came to."""
    rows = leaf(request, "automations", filters=("kind", "active"), limit=25)
    sums = sums_of([row["id"] for row in rows])
    for row in rows:
        row["sums"] = sums.get(row["id"])
    return show(request, "automations.html", rows=rows, kinds=AUTOMATION_KINDS, icons=ICONS, days=DAYS)


class Sums(NamedTuple):
    """What the campaigns of an automation came to."""

    people: int
    delivered: int
    credits: int


def sums_of(ids: list[str]) -> dict[str, Sums]:
    """The sums of each of these automations in the last 90 days, by public id. Index: campaign_automation."""
    keys = {private_id(one, kind="aut"): one for one in ids}
    since = timezone.now() - timedelta(days=DAYS)
    rows = Campaign.objects.filter(automation_id__in=[key for key in keys if key], created_at__gte=since)
    sums = [Sum(f"progress__{name}", default=0) for name in ("audience", "delivered", "credits_charged")]
    found = rows.order_by().values("automation_id").annotate(one=sums[0], two=sums[1], three=sums[2])
    return {keys[pk]: Sums(*rest) for pk, *rest in found.values_list("automation_id", "one", "two", "three")}


@page(nav="automations", needs="send")
def new(request: HttpRequest) -> HttpResponse:
    """Which kind; then its form, filled in as most want it."""
    kind = request.GET.get("kind", "")
    if not kind:
        return show(request, "automation_kinds.html", kinds=AUTOMATION_KINDS, icons=ICONS)
    if kind not in AUTOMATION_KINDS:
        raise NotFound
    draft = {**defaults(kind), "kind": kind, "name": "", "message": "", "priority": "normal", "audience": {"all": True}}
    return show(request, "automation_new.html", **_form(request, draft))


@page(nav="automations")
def one(request: HttpRequest, id: str) -> HttpResponse:
    """One automation: what it does next, what it came to, its runs, and its form."""
    seen = read(request, f"automations/{id}")
    runs = leaf(request, f"automations/{id}/runs", limit=RUNS_SHOWN)
    figures = read(request, f"automations/{id}/statistics", days=DAYS)
    coming = read(request, f"automations/{id}/preview") if runs.first else None
    return show(
        request, "automation.html", runs=runs, figures=figures, coming=coming, days=DAYS, **_form(request, seen)
    )


def _form(request: HttpRequest, draft: dict[str, Any]) -> dict[str, Any]:
    own, audiences = OF_KIND[draft["kind"]], Audiences(request)
    conditions = [*draft["conditions"], {"property": "", "op": "eq", "value": ""}] if "conditions" in own else []
    return {
        "draft": draft,
        "own": own,
        "bounds": {name: bounds._asdict() for name, bounds in BOUNDS.items()},
        "hours": range(24),
        "activities": ACTIVITIES,
        "conditions": [{**each, "value": _plain(each["value"])} for each in conditions],
        "operators": tuple(OPS),
        "priorities": list(PRIORITIES),
        "campaign_kinds": WRITTEN_KINDS,
        "fields": [*CONTACT_FIELDS, *sorted(caller(request).store.custom_fields)],
        "audiences": audiences.choices(draft["audience"]),
    }


def _plain(value: object) -> str:
    """A value of a condition as people type it."""
    return value if isinstance(value, str) else json.dumps(value)
