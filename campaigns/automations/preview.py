"""The next run before it comes: when, who, and for how much, counted as the run itself will be."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from audiences import audience
from audiences.models import Contact
from audiences.services.frozen import freeze, thaw
from billing.prices import price_table
from campaigns.automations import fires
from campaigns.automations.fires import RUN_MAX
from campaigns.automations.gather import AT_ONCE
from campaigns.automations.sweep import next_time
from campaigns.automations.who import meant, members
from campaigns.drafts import Draft
from campaigns.models import Automation, Quote
from campaigns.models.automation import DAILY
from campaigns.preview import Preview, preview
from campaigns.quotes import make_quote


class Coming(NamedTuple):
    """The next run as it would be with today's contacts.

    `at`: None while nobody waits; `day`: the store's, of a daily one; `people`: who would be in it; `left_out`: reason
    -> contacts who are meant and would not be texted.
    """

    at: datetime | None
    day: date | None
    people: int
    left_out: dict[str, int]
    draft: Draft
    quote: Quote
    preview: Preview


def coming(automation: Automation) -> Coming:
    """The next run; of one that is switched off the one that would be next. Nothing is sent or held.

    Two statements over the audience, and a quote over those who are meant.
    """
    now = timezone.now()
    at, day = _when(automation, now=now)
    chosen = _who(automation, at=at or now, day=day, now=now)
    first = chosen.filter(exclusion=None).order_by("pk").values("pk")[:RUN_MAX]
    frozen = freeze(Contact.objects.filter(pk__in=first), store_id=automation.store_id)
    try:
        draft = _draft(automation, frozen.pk)
        quote = make_quote(store=automation.store, draft=draft)
        texts = preview(store=automation.store, draft=draft, prices=price_table(now))
    finally:
        thaw(frozen.pk)
    return Coming(at, day, frozen.size, audience.exclusions(chosen), draft, quote, texts)


def _when(automation: Automation, *, now: datetime) -> tuple[datetime | None, date | None]:
    if automation.kind not in DAILY:
        return automation.next_run_at, None
    if automation.active and automation.zone == automation.store.time_zone:
        return automation.next_run_at, automation.next_day
    columns: dict[str, Any] = next_time(automation, after=now)
    return columns["next_run_at"], columns["next_day"]


def _who(automation: Automation, *, at: datetime, day: date | None, now: datetime) -> "QuerySet[Any]":
    if day is not None:
        return meant(automation, day=day, now=max(at, now))
    # Whoever waits for the same minute comes along.
    soon = fires.waiting(automation).filter(due_at__lte=max(at, now) + timedelta(minutes=1))
    return members(automation, now=max(at, now)).filter(
        pk__in=list(soon.values_list("contact_id", flat=True)[:AT_ONCE])
    )


def _draft(automation: Automation, frozen_id: int) -> Draft:
    return Draft(
        message=automation.message,
        kind=automation.campaign_kind,
        audience={"kind": "frozen", "id": frozen_id, "exclude": []},
        on_missing=automation.on_missing,
        plain_values=automation.plain_values,
        opt_out_text=automation.store.opt_out_text,
    )
