"""The next run before it comes: when, who, and for how much, counted as the run itself will be."""

from collections import Counter
from datetime import date, datetime
from typing import Any, NamedTuple

from django.utils import timezone

from audiences.services.frozen import freeze_ids, thaw
from billing.prices import price_table
from campaigns.automations import fires
from campaigns.automations.gather import AT_ONCE, MINUTE
from campaigns.automations.sweep import next_time
from campaigns.automations.who import Chosen, choose, judge
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

    As much work as the run itself, without its rows.
    """
    now = timezone.now()
    at, day = _when(automation, now=now)
    chosen = _who(automation, day=day, now=max(at or now, now))
    frozen = freeze_ids(chosen.ids, store_id=automation.store_id)
    try:
        draft = _draft(automation, frozen.pk)
        quote = make_quote(store=automation.store, draft=draft)
        texts = preview(store=automation.store, draft=draft, prices=price_table(now))
    finally:
        thaw(frozen.pk)
    return Coming(at, day, len(chosen.ids), chosen.left_out, draft, quote, texts)


def _when(automation: Automation, *, now: datetime) -> tuple[datetime | None, date | None]:
    if automation.kind not in DAILY:
        return automation.next_run_at, None
    if automation.active and automation.zone == automation.store.time_zone:
        return automation.next_run_at, automation.next_day
    columns: dict[str, Any] = next_time(automation, after=now)
    return columns["next_run_at"], columns["next_day"]


def _who(automation: Automation, *, day: date | None, now: datetime) -> Chosen:
    """Whom it would mean at `now`; of those who wait, those of the same minute."""
    if day is not None:
        return choose(automation, day=day, now=now)
    soon = fires.waiting(automation).filter(due_at__lte=now + MINUTE).values_list("contact_id", flat=True)
    waiting = list(dict.fromkeys(soon[:AT_ONCE]))
    known = judge(automation, waiting, now=now)
    reasons = {contact_id: known.get(contact_id, "not_in_audience") for contact_id in waiting}
    left_out = Counter(reason for reason in reasons.values() if reason is not None)
    return Chosen(sorted(one for one, reason in reasons.items() if reason is None), dict(left_out))


def _draft(automation: Automation, frozen_id: int) -> Draft:
    fields = {
        "message": automation.message,
        "kind": automation.campaign_kind,
        "audience": {"kind": "frozen", "id": frozen_id, "exclude": []},
        "on_missing": automation.on_missing,
        "plain_values": automation.plain_values,
    }
    return Draft.unsaved(store=automation.store, fields=fields)
