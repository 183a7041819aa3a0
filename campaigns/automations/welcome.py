"""Welcome: somebody opted in for the first time. Fed from the outbox of consents, in the transaction that marks it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Min, QuerySet
from django.utils import timezone

from audiences.models import ConsentEvent
from campaigns.automations import fires
from campaigns.automations.fires import Wanted
from campaigns.models import Automation

KEY = "welcome"
IMPORTED = "import:"


class OptIn(NamedTuple):
    """A contact who opted in."""

    event_id: int
    store_id: int
    contact_id: int
    source: str
    created_at: datetime


def _welcoming() -> "QuerySet[Automation]":
    """Index: automation_active."""
    return Automation.objects.filter(active=True, kind="welcome")


def stores() -> list[int]:
    """Stores that welcome anybody."""
    return sorted(set(_welcoming().values_list("store_id", flat=True)))


def greet(opt_ins: Sequence[OptIn]) -> int:
    """Let whoever opted in for the first time wait for the store's welcomes; how many fires were new.

    Within the transaction that marks the events as published, and under a unique key: once for ever. Who came by an
    import is not welcomed (it states what was agreed to elsewhere, perhaps years ago), nor who came before it was
    switched on.
    """
    first = _first(one for one in opt_ins if not one.source.startswith(IMPORTED))
    if not first:
        return 0
    now = timezone.now()
    by_store: dict[int, list[OptIn]] = {}
    for one in first:
        by_store.setdefault(one.store_id, []).append(one)
    found = _welcoming().filter(store_id__in=list(by_store)).values_list("pk", flat=True)
    return sum(_let_wait(each, by_store.get(each.store_id, []), now=now) for each in fires.lock(found))


def _let_wait(automation: Automation, opt_ins: Sequence[OptIn], *, now: datetime) -> int:
    delay, since = timedelta(minutes=automation.delay_minutes), automation.active_since
    wanted = [
        Wanted(one.contact_id, KEY, one.created_at + delay) for one in opt_ins if since and one.created_at >= since
    ]
    return fires.wait(automation, wanted, now=now) if wanted else 0


def _first(opt_ins: Iterable[OptIn]) -> list[OptIn]:
    """Those that were their contact's first. A contact's events are in order: each change holds the contact's lock."""
    asked = list(opt_ins)
    before = ConsentEvent.objects.filter(contact_id__in=[one.contact_id for one in asked], after="opted_in")
    first = set(before.order_by().values("contact_id").annotate(first=Min("pk")).values_list("first", flat=True))
    return [one for one in asked if one.event_id in first]
