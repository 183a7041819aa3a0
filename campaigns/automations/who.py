"""Whom an automation means: contacts of its audience, with the reason why one of them is not to be texted."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual

from campaigns.automations.activity import ACTIVITIES
from campaigns.automations.days import birthdays
from campaigns.models import Automation, AutomationFire
from campaigns.people import people

CAP_WINDOW = timedelta(hours=24)


def members(automation: Automation, *, now: datetime) -> "QuerySet[Any]":
    """Everybody in its audience by id, with `exclusion`: as of a campaign of its kind, or `daily_cap`."""
    rows = people(store=automation.store, audience_stored=automation.audience, kind=automation.campaign_kind)
    return _capped(rows, automation, now=now)


def meant(automation: Automation, *, day: date, now: datetime) -> "QuerySet[Any]":
    """Those of `members` whom a daily automation means on the store's `day`, and did not mean before."""
    rows = members(automation, now=now)
    if automation.kind == "birthday":
        return _celebrating(rows, automation, day=day)
    return _inactive(rows, automation, now=now)


def fire_key(automation: Automation, *, day: date) -> str:
    """What makes a daily automation mean a contact once: the year that is celebrated, or the day."""
    return str(birthdays(day, offset=automation.day_offset).year) if automation.kind == "birthday" else day.isoformat()


def _celebrating(rows: "QuerySet[Any]", automation: Automation, *, day: date) -> "QuerySet[Any]":
    """Index: contact_birthday; who was meant this year already is found by automationfire_once."""
    born = Q()
    for month, number in birthdays(day, offset=automation.day_offset).days:
        born |= Q(birthday__month=month, birthday__day=number)
    before = AutomationFire.objects.filter(
        contact_id=OuterRef("pk"), automation=automation, key=fire_key(automation, day=day)
    )
    return rows.filter(born, ~Exists(before), birthday__isnull=False)


def _inactive(rows: "QuerySet[Any]", automation: Automation, *, now: datetime) -> "QuerySet[Any]":
    """Known for that long, nothing of what counts since then, not meant within the dedupe window.

    Indexes: those of the activities; automationfire_once.
    """
    since = now - timedelta(days=automation.inactive_days or 0)
    window = now - timedelta(hours=automation.dedupe_hours or 0)
    active = [Exists(ACTIVITIES[name](since)) for name in automation.activity]
    before = AutomationFire.objects.filter(
        contact_id=OuterRef("pk"), automation=automation, left_out="", created_at__gt=window
    )
    known: QuerySet[Any] = rows.annotate(known_since=Coalesce("consent_at", "created_at")).filter(
        *(~one for one in active), ~Exists(before), known_since__lte=since
    )
    return known


def _capped(rows: "QuerySet[Any]", automation: Automation, *, now: datetime) -> "QuerySet[Any]":
    """Add `daily_cap` to the exclusions. Index: automationfire_once, by the contact."""
    if automation.daily_cap is None:
        return rows
    fired = AutomationFire.objects.filter(
        contact_id=OuterRef("pk"), run__isnull=False, left_out="", fired_at__gt=now - CAP_WINDOW
    )
    number = fired.order_by().values("contact_id").annotate(number=Count("pk")).values("number")
    full = GreaterThanOrEqual(Coalesce(Subquery(number), Value(0)), Value(automation.daily_cap))
    known = When(exclusion__isnull=False, then=F("exclusion"))
    capped: QuerySet[Any] = rows.annotate(
        exclusion=Case(known, When(full, then=Value("daily_cap")), default=None, output_field=CharField(null=True))
    )
    return capped
