"""Customer events come in: each is written down once, and wakes the automations that listen for it, once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from audiences.models import Store
from audiences.services import events as diary
from audiences.services.events import Happened
from campaigns.automations import conditions, fires
from campaigns.automations.fires import Wanted
from campaigns.models import Automation, AutomationFire

EVENTS_MAX = 1000  # in one request


class Taken(NamedTuple):
    """What became of an event: `accepted`, `duplicate` (of `event`), or `refused` with a code and a sentence.

    `automations`: how many it set off.
    """

    status: str
    event: int | None = None
    automations: int = 0
    code: str = ""
    detail: str = ""


class Fresh(NamedTuple):
    """An event that was new: its key, whose it is, and what it says."""

    key: int
    contact_id: int
    event: Happened


def take(events: Sequence[Happened], *, store: Store) -> list[Taken]:
    """Write the events down and let those who are meant wait for their messages, in one transaction.

    An unknown person refuses that event alone. Repeated, or told twice at once, an event counts once. A fixed number of
    statements, and a few per automation that listens.
    """
    now = timezone.now()
    with transaction.atomic():
        whose = diary.identify(events, store=store)
        good = [(who.contact_id, event) for who, event in zip(whose, events, strict=True) if who.contact_id]
        new = diary.write(good, store_id=store.pk, now=now)
        fresh = {}
        for contact_id, event in good:
            if event.event_id in new and event.event_id not in fresh:
                fresh[event.event_id] = Fresh(new[event.event_id], contact_id, event)
        woken = _wake(list(fresh.values()), store_id=store.pk, now=now)
        before = diary.known([event.event_id for _, event in good if event.event_id not in new], store_id=store.pk)
    told = []
    for who, event in zip(whose, events, strict=True):
        if who.contact_id is None:
            told.append(Taken("refused", code=who.code, detail=who.detail))
        elif first := fresh.pop(event.event_id, None):
            told.append(Taken("accepted", first.key, woken.get(first.key, 0)))
        else:
            told.append(Taken("duplicate", new.get(event.event_id) or before.get(event.event_id)))
    return told


def _wake(fresh: Sequence[Fresh], *, store_id: int, now: datetime) -> dict[int, int]:
    """event -> automations that it set off. Index: automation_active."""
    names = {one.event.name for one in fresh}
    listening = Automation.objects.filter(active=True, kind="event", store_id=store_id, event_name__in=names)
    heard = {automation.pk: meant for automation in listening if (meant := _meant(automation, fresh))}
    woken: dict[int, int] = {}
    for automation in fires.lock(heard):
        wanted = _once(automation, heard[automation.pk], now=now)
        fires.wait(automation, [_wanted(automation, one) for one in wanted], now=now)
        for one in wanted:
            woken[one.key] = woken.get(one.key, 0) + 1
    return woken


def _meant(automation: Automation, fresh: Sequence[Fresh]) -> list[Fresh]:
    return [
        one
        for one in fresh
        if one.event.name == automation.event_name and conditions.hold(automation.conditions, one.event.properties)
    ]


def _once(automation: Automation, fresh: Sequence[Fresh], *, now: datetime) -> list[Fresh]:
    """Without those whom it meant within its dedupe window, or twice in this request. The automation is locked.

    Index: automationfire_once.
    """
    if not automation.dedupe_hours:
        return list(fresh)
    since = now - timedelta(hours=automation.dedupe_hours)
    contacts = [one.contact_id for one in fresh]
    before = AutomationFire.objects.filter(
        contact_id__in=contacts, automation=automation, left_out="", created_at__gt=since
    )
    seen = set(before.values_list("contact_id", flat=True))
    kept = []
    for one in fresh:
        if one.contact_id not in seen:
            seen.add(one.contact_id)
            kept.append(one)
    return kept


def _wanted(automation: Automation, one: Fresh) -> Wanted:
    due_at = one.event.occurred_at + timedelta(minutes=automation.delay_minutes)
    return Wanted(one.contact_id, f"event:{one.key}", due_at)
