"""A contact's timeline: consent, sign-ups, suppressions, messages and clicks, in one list, newest first.

Each source gives its newest entries up to a moment by an index of the contact's own; they are merged here. A source
is a function in SOURCES: (contact, until, limit) → its entries.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from rest_framework.request import Request

from audiences.models import ConsentEvent, Contact, OptInRequest, Suppression
from audiences.pagination import IdCursorPagination
from campaigns import meanings
from campaigns.models import Campaign, CampaignRecipient
from config.opaque import private_id, public_id
from config.problems import invalid
from messaging.models import Click
from messaging.watching.messages import Asked, lines_of
from messaging.watching.words import OUTCOMES

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
END_OF_TIME = datetime(9000, 1, 1, tzinfo=UTC)
SKIP_BITS = 12  # of a cursor: entries of one and the same moment that were shown already


class Entry(NamedTuple):
    """One thing that happened. `order`, then `pk`, put what happened at the same moment into one order."""

    at: datetime
    code: str
    words: str
    facts: dict[str, Any]
    order: int
    pk: int


Source = Callable[[Contact, datetime, int], Iterator[Entry]]


def consents(contact: Contact, until: datetime, limit: int) -> Iterator[Entry]:
    """Changes of consent; those of imports name the import. Index: of the contact on its events."""
    rows = ConsentEvent.objects.filter(contact=contact, created_at__lte=until).order_by("-created_at", "-pk")
    for event in rows[:limit]:
        said = f"Consent became “{event.after.replace('_', ' ')}” ({event.source or 'no source given'})."
        facts = {"before": event.before, "after": event.after, "source": event.source, "evidence": event.evidence}
        yield Entry(event.created_at, f"consent.{event.after}", said, facts, 2, event.pk)


def sign_ups(contact: Contact, until: datetime, limit: int) -> Iterator[Entry]:
    """Sign-ups that needed a confirmation, and what became of them."""
    rows = OptInRequest.objects.filter(contact=contact, created_at__lte=until).order_by("-created_at", "-pk")
    for request in rows[:limit]:
        said = f"Signed up, to be confirmed: {request.state}{f' ({request.reason})' if request.reason else ''}."
        facts = {"state": request.state, "reason": request.reason, "source": request.source}
        yield Entry(request.created_at, "sign_up", said, facts, 1, request.pk)


def suppressions(contact: Contact, until: datetime, limit: int) -> Iterator[Entry]:
    """What stands against texting the number now. Index: suppression_once."""
    if contact.phone_hash is None:
        return
    whose = Q(store_id=contact.store_id) | Q(store=None)
    rows = Suppression.objects.filter(whose, phone_hash=contact.phone_hash, created_at__lte=until)
    for row in rows.order_by("-created_at", "-pk")[:limit]:
        said = f"The number was put on the suppression list ({row.reason.replace('_', ' ')})."
        facts = {"reason": row.reason, "source": row.source, "everywhere": row.store_id is None}
        yield Entry(row.created_at, "suppressed", said, facts, 3, row.pk)


def messages(contact: Contact, until: datetime, limit: int) -> Iterator[Entry]:
    """What was handed over and what came back. Index: log_recipient, of the contact's latest messages."""
    rows = lines_of(contact.store_id, Asked(contact=contact.pk)).filter(at__lte=until).order_by("-at", "-pk")
    lines = list(rows[:limit])
    names = _names(line.campaign_id for line in lines)
    for line in lines:
        said = OUTCOMES.get((line.kind, line.outcome)) or f"{line.kind.capitalize()}: {line.outcome}."
        facts = {
            **_campaign(line.campaign_id, names),
            "recipient": public_id(line.recipient_id or 0, kind="rcp"),
            "error_class": line.error_class,
            "parts": line.parts,
        }
        yield Entry(line.at, f"{line.kind}.{line.outcome}", said, facts, 5, line.pk)


def clicks(contact: Contact, until: datetime, limit: int) -> Iterator[Entry]:
    """Links that were followed, by the person or by a robot on the way. Index: click_contact."""
    found = list(Click.objects.filter(contact_id=contact.pk, at__lte=until).order_by("-at", "-pk")[:limit])
    names = _names(click.campaign_id for click in found)
    for click in found:
        said = "Followed a link." if click.human else f"A robot followed a link ({click.robot})."
        facts = {**_campaign(click.campaign_id, names), "link": click.number, "robot": click.robot}
        yield Entry(click.at, "click" if click.human else "click.robot", said, facts, 6, click.pk)


def skips(contact: Contact, until: datetime, limit: int) -> Iterator[Entry]:
    """Campaigns that left the contact out at the last moment. Index: of the contact on its recipients."""
    rows: QuerySet[CampaignRecipient] = contact.received.filter(status="skipped", final_at__lte=until)
    left_out = list(rows.order_by("-final_at", "-pk")[:limit])
    names = _names(row.campaign_id for row in left_out)
    for row in left_out:
        said = f"Not sent: {meanings.skip(row.reason).title}."
        facts = {**_campaign(row.campaign_id, names), "reason": row.reason}
        yield Entry(row.final_at or until, "skipped", said, facts, 4, row.pk)


def _names(ids: Iterable[int | None]) -> dict[int, str]:
    return dict(Campaign.objects.filter(pk__in={number for number in ids if number}).values_list("pk", "name"))


def _campaign(number: int | None, names: dict[int, str]) -> dict[str, Any]:
    shown = public_id(number, kind="cmp") if number else None
    return {"campaign": shown, "campaign_name": names.get(number or 0, "")}


def beginning(contact: Contact, until: datetime, limit: int) -> Iterator[Entry]:
    """The contact came to be."""
    if contact.created_at <= until:
        yield Entry(contact.created_at, "contact.created", "Became a contact of the store.", {}, 0, contact.pk)


SOURCES: tuple[Source, ...] = (beginning, sign_ups, consents, suppressions, skips, messages, clicks)


class Timeline(IdCursorPagination[Contact]):
    """Entries of all sources. A cursor is the moment of the last entry shown, and how many of that moment were."""

    def entries(self, contact: Contact, request: Request) -> list[Entry]:
        """The page that the cursor names. Raises InvalidFields for a bad `limit` or `cursor`."""
        limit = self._limit(request)
        until, skip = self._from(request.query_params.get("cursor"))
        wanted = skip + limit + 1
        found = [entry for source in SOURCES for entry in source(contact, until, wanted)]
        found.sort(key=lambda entry: (entry.at, entry.order, entry.pk), reverse=True)
        rest = found[skip:]
        page = rest[:limit]
        if len(rest) > limit:
            self.next_url = self._address(request, cursor=_cursor(found[: skip + limit]))
        return page

    def _from(self, cursor: str | None) -> tuple[datetime, int]:
        if cursor is None:
            return END_OF_TIME, 0
        number = private_id(cursor, kind="cur")
        if number is None:
            raise invalid("/cursor", "Not a cursor of ours.")
        return EPOCH + (number >> SKIP_BITS) * MICROSECOND, number & (1 << SKIP_BITS) - 1


def _cursor(shown: list[Entry]) -> str:
    """The place behind the last of all entries that were shown so far, from the moment of the last cursor on."""
    last = shown[-1].at
    same = sum(entry.at == last for entry in shown)
    return public_id((last - EPOCH) // MICROSECOND << SKIP_BITS | same, kind="cur")
