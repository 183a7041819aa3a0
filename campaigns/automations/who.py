"""Whom an automation means: contacts of its audience, with the reason why one of them is not to be texted."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual

from audiences.models import Contact
from audiences.models.contacts import BORN
from campaigns.automations.activity import ACTIVITIES
from campaigns.automations.days import birthdays
from campaigns.models import Automation, AutomationFire
from campaigns.people import people
from campaigns.queries.automations import by_index

RUN_MAX = 100_000  # people in one run; who is left comes with the next one
STRETCH = 50_000  # contacts that one statement looks at
CAP_WINDOW = timedelta(hours=24)


BEFORE = "before"  # meant already, or active: nothing to say about it


class Stretch(NamedTuple):
    """Contacts with ids above `after`, up to `bound` (None: no end)."""

    after: int = 0
    bound: int | None = None


EVERYBODY = Stretch()


class Chosen(NamedTuple):
    """Contacts of a run, and how many more were meant and are not to be texted, by reason."""

    ids: list[int]
    left_out: dict[str, int]


def members(
    automation: Automation, *, now: datetime, stretch: Stretch = EVERYBODY, unless: Sequence[When] = ()
) -> "QuerySet[Any]":
    """Everybody in its audience by id, with `exclusion`: as of a campaign of its kind, those of `unless`, `daily_cap`.

    Whatever is asked of other tables stands in this CASE: as joins the planner would read them whole.
    """
    rows = people(
        store=automation.store,
        audience_stored=automation.audience,
        kind=automation.campaign_kind,
        after=stretch.after,
        bound=stretch.bound,
    )
    whens = [*unless, *_capped(automation, now=now)]
    if not whens:
        return rows
    known = When(exclusion__isnull=False, then=F("exclusion"))
    judged: QuerySet[Any] = rows.annotate(
        exclusion=Case(known, *whens, default=None, output_field=CharField(null=True))
    )
    return judged


def judge(automation: Automation, contact_ids: Sequence[int], *, now: datetime) -> dict[int, str | None]:
    """contact -> None for one who may be texted, else why not. Who is not in its audience is not in it."""
    with by_index():
        return dict(members(automation, now=now).filter(pk__in=contact_ids).values_list("pk", "exclusion"))


def choose(automation: Automation, *, day: date, now: datetime) -> Chosen:
    """Whom a daily automation means on the store's `day`, and did not mean before; at most RUN_MAX."""
    if automation.kind == "birthday":
        return _celebrating(automation, day=day, now=now)
    return Chosen(_inactive(automation, now=now), {})


def fire_key(automation: Automation, *, day: date) -> str:
    """What makes a daily automation mean a contact once: the year that is celebrated, or the day."""
    return str(birthdays(day, offset=automation.day_offset).year) if automation.kind == "birthday" else day.isoformat()


def _celebrating(automation: Automation, *, day: date, now: datetime) -> Chosen:
    """Index: contact_birthday; who was meant this year already is found by automationfire_once."""
    born = [month * 100 + number for month, number in birthdays(day, offset=automation.day_offset).days]
    before = _fires(automation=automation, key=fire_key(automation, day=day))
    rows = members(automation, now=now, unless=[When(Exists(before), then=Value(BEFORE))])
    with by_index():
        found = list(rows.alias(born=BORN).filter(born__in=born, birthday__isnull=False).values_list("pk", "exclusion"))
    left_out = Counter(reason for _, reason in found if reason not in {None, BEFORE})
    return Chosen([pk for pk, reason in found if reason is None][:RUN_MAX], dict(left_out))


def _inactive(automation: Automation, *, now: datetime) -> list[int]:
    """Known for that long, nothing of what counts since then, not meant within the dedupe window, and to be texted.

    Looks at the contacts of the store by id until there are enough, a stretch of them in a statement. Indexes:
    contact_store, those of the activities, automationfire_once.
    """
    since = now - timedelta(days=automation.inactive_days or 0)
    window = now - timedelta(hours=automation.dedupe_hours or 0)
    before = _fires(automation=automation, left_out="", created_at__gt=window)
    reasons = [ACTIVITIES[name](since) for name in automation.activity]
    unless = [When(Exists(rows), then=Value(BEFORE)) for rows in (*reasons, before)]
    found: list[int] = []
    for stretch in _stretches(automation.store_id):
        rows = members(automation, now=now, stretch=stretch, unless=unless).alias(
            known_since=Coalesce("consent_at", "created_at")
        )
        with by_index():
            found += rows.filter(exclusion=None, known_since__lte=since).values_list("pk", flat=True)
        if len(found) >= RUN_MAX:
            break
    return found[:RUN_MAX]


def _stretches(store_id: int) -> Iterator[Stretch]:
    """All contacts of the store, STRETCH at a time."""
    after = 0
    contacts = Contact.objects.filter(store_id=store_id).order_by("pk").values_list("pk", flat=True)
    while bound := contacts.filter(pk__gt=after)[STRETCH - 1 : STRETCH].first():
        yield Stretch(after, bound)
        after = bound
    yield Stretch(after)


def _fires(**columns: Any) -> "QuerySet[AutomationFire]":
    """Fires of the contact of the outer query. Index: automationfire_once."""
    return AutomationFire.objects.filter(contact_id=OuterRef("pk"), **columns)


def _capped(automation: Automation, *, now: datetime) -> list[When]:
    if automation.daily_cap is None:
        return []
    fired = _fires(run__isnull=False, left_out="", fired_at__gt=now - CAP_WINDOW)
    number = fired.order_by().values("contact_id").annotate(number=Count("pk")).values("number")
    full = GreaterThanOrEqual(Coalesce(Subquery(number), Value(0)), Value(automation.daily_cap))
    return [When(full, then=Value("daily_cap"))]
