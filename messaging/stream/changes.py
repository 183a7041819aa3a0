"""What the poller reads: one statement for all watched campaigns, and the progress of those that changed."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import connection

from campaigns import progress
from campaigns.models import Campaign
from campaigns.states import CAMPAIGN_EDITABLE, CAMPAIGN_LIVE
from config.problems import NotFound
from messaging.stream.tickets import Ticket

Mark = tuple[Any, ...]


class Shown(NamedTuple):
    """What streams show. `id` follows from `data`, so that it means the same after a restart and elsewhere.

    `over`: the campaign is in its last status; `settled`: and no recipient waits for an answer or a receipt.
    """

    id: str
    data: bytes
    over: bool
    settled: bool


class Change(NamedTuple):
    """The mark by which the next change is noticed; `shown` is None when the campaign is no longer there."""

    mark: Mark
    shown: Shown | None


GONE = Change(("gone",), None)


def changes(known: Mapping[Ticket, Mark | None]) -> dict[Ticket, Change]:
    """Those of the watched campaigns whose mark is not the known one, as they are now.

    To be called in a thread: the connection is closed after, since four forgotten ones empty a pool of four.
    """
    try:
        marks = {**dict.fromkeys(known, GONE.mark), **_marks(known)}
        return {ticket: _change(ticket, marks[ticket]) for ticket, mark in known.items() if marks[ticket] != mark}
    finally:
        connection.close()


def _marks(tickets: Mapping[Ticket, Any]) -> dict[Ticket, Mark]:
    """By primary key; the version grows with every change of a counter."""
    rows = Campaign.objects.filter(pk__in={ticket.campaign_id for ticket in tickets})
    columns = ("status", "reason", "progress__version", "snapshot__done_at", "reservation__state")
    return {Ticket(row[0], row[1]): row[2:] for row in rows.values_list("pk", "store_id", *columns)}


def _change(ticket: Ticket, mark: Mark) -> Change:
    try:
        return GONE if mark == GONE.mark else Change(mark, show(ticket.campaign_id))
    except NotFound:  # deleted between the two statements
        return GONE


def show(campaign_id: int) -> Shown:
    """A campaign's progress as a stream shows it: the JSON of `GET campaigns/{id}/progress`. Raises NotFound."""
    now = progress.read(campaign_id)
    facts = now._asdict()
    del facts["etag"]  # a header there, the event's id here
    data = json.dumps(facts, separators=(",", ":")).encode()
    over = now.status not in (*CAMPAIGN_LIVE, *CAMPAIGN_EDITABLE)
    waiting = sum(now.counts[status] for status in ("pending", "sent", "unknown"))
    return Shown(hashlib.sha256(data).hexdigest()[:16], data, over, over and not waiting)
