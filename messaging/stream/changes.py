"""What the poller reads: a few statements for all that is watched, and the progress of campaigns that changed."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import BooleanField, Count, ExpressionWrapper, Q
from django.db.models.functions import Now

from campaigns.models import Campaign, SendBatch
from campaigns.states import CAMPAIGN_ENDED, RECIPIENT_WAITING
from config.problems import NotFound
from messaging.stream import stores
from messaging.stream.tickets import WHOLE_STORE, Ticket
from messaging.watching.progress import look

Mark = tuple[Any, ...]
# After so long without a message the rate is nothing: shown once more, since no counter changes any more.
STILL = timedelta(minutes=2)


class Shown(NamedTuple):
    """What streams show. `id` follows from what is shown, so that it means the same after a restart and elsewhere.

    `over`: the campaign has ended and nobody waits for a worker, who may be long about it; `settled`: nor for an
    answer or a receipt, which may never come.
    """

    id: str
    data: bytes
    over: bool
    settled: bool
    event: bytes = b"progress"


class Change(NamedTuple):
    """The mark by which the next change is noticed; `shown` is None when the campaign is no longer there."""

    mark: Mark
    shown: Shown | None


GONE = Change(("gone",), None)


def changes(known: Mapping[Ticket, Mark | None]) -> dict[Ticket, Change]:
    """Those of the watched whose mark is not the known one, as they are now.

    To be called in a thread: the connection is closed after, since four forgotten ones empty a pool of four.
    """
    try:
        return {**_of_campaigns(known), **_of_stores(known)}
    finally:
        connection.close()


def _of_campaigns(known: Mapping[Ticket, Mark | None]) -> dict[Ticket, Change]:
    watched = {ticket: mark for ticket, mark in known.items() if ticket.campaign_id != WHOLE_STORE}
    marks = {**dict.fromkeys(watched, GONE.mark), **_marks(watched)}
    return {ticket: _change(ticket, marks[ticket]) for ticket, mark in watched.items() if marks[ticket] != mark}


def _marks(tickets: Iterable[Ticket]) -> dict[Ticket, Mark]:
    """By primary key; the version grows with every counter, but not when a worker takes a batch or returns it.

    Those are few. Index: batch_open.
    """
    ids = {ticket.campaign_id for ticket in tickets}
    if not ids:
        return {}
    held = SendBatch.objects.filter(state__in=["claimed", "calling"]).order_by()
    at_work = dict(held.values_list("campaign_id").annotate(Count("pk")))
    still = ExpressionWrapper(Q(progress__last_sent_at__lt=Now() - STILL), output_field=BooleanField())
    rows = Campaign.objects.filter(pk__in=ids).annotate(still=still)
    columns = ("status", "reason", "progress__version", "snapshot__done_at", "reservation__state", "still")
    return {
        Ticket(pk, store_id): (*mark, at_work.get(pk, 0))
        for pk, store_id, *mark in rows.values_list("pk", "store_id", *columns)
    }


def _change(ticket: Ticket, mark: Mark) -> Change:
    try:
        return GONE if mark == GONE.mark else Change(mark, show(ticket))
    except NotFound:  # deleted between the two statements
        return GONE


def show(ticket: Ticket) -> Shown:
    """A campaign's progress as a stream shows it: the JSON of `GET campaigns/{id}/progress`. Raises NotFound."""
    seen = look(campaign_id=ticket.campaign_id, store_id=ticket.store_id)
    now = seen.progress
    over = now.status in CAMPAIGN_ENDED and not now.counts["pending"]
    waiting = any(now.counts[status] for status in RECIPIENT_WAITING)
    data = json.dumps(seen.body, separators=(",", ":")).encode()
    return Shown(seen.tag[:16], data, over, over and not waiting)


def _of_stores(known: Mapping[Ticket, Mark | None]) -> dict[Ticket, Change]:
    """Stores whose list of campaigns is not what was shown last: its own id is the mark."""
    watched = {ticket.store_id: mark for ticket, mark in known.items() if ticket.campaign_id == WHOLE_STORE}
    if not watched:
        return {}
    found = {}
    for store_id, (tag, data) in stores.lists(watched).items():
        if (tag,) != watched[store_id]:
            shown = Shown(tag, data, over=False, settled=False, event=b"campaigns")
            found[Ticket(WHOLE_STORE, store_id)] = Change((tag,), shown)
    return found
