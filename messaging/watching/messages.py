"""The store's message log: every attempt, receipt and decision, newest first, found without reading the table."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from audiences.models import Contact, Store
from audiences.pagination import Bounded
from campaigns.models import CampaignRecipient
from config.audit import Actor, record
from config.database import reports
from config.opaque import public_ids
from config.spreadsheet import CHUNK, harmless, lines
from messaging.models import MessageLog

# A page of a filtered log looks at so many lines: it may be short, or empty, while there is a next one.
LOOK = 50_000
# Ids and times are given by different clocks of a transaction, which is cut off long before it lasts so long.
SKEW = timedelta(minutes=10)
# Of one person's messages.
OF_CONTACT = 1000
COLUMNS = (
    "at", "kind", "outcome", "campaign", "recipient", "phone", "status", "attempt", "provider_message_id",
    "raw_status", "error_class", "error_code", "parts", "text",
)  # fmt: skip
LOGGED = (
    "pk", "campaign_id", "recipient_id", "at", "kind", "outcome", "attempt", "provider_message_id", "raw_status",
    "error_class", "error_code", "parts", "text",
)  # fmt: skip


class Asked(NamedTuple):
    """What a log is narrowed by; None: not by that. `since` is included, `until` not."""

    kind: str | None = None
    outcome: str | None = None
    campaign: int | None = None
    contact: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def lines_of(store_id: int, asked: Asked) -> "QuerySet[MessageLog]":
    """The store's lines, bounded by ids as far as that goes. Indexes: log_store; of a contact log_recipient.

    The store is a range of one, and `Newest` orders by it as well, for the reason that `InCrowd` gives.
    """
    rows = MessageLog.objects.filter(store_id__gte=store_id, store_id__lte=store_id)
    if asked.contact is not None:
        mine = CampaignRecipient.objects.filter(contact_id=asked.contact, store_id=store_id).order_by("-pk")
        rows = rows.filter(recipient_id__in=list(mine.values_list("pk", flat=True)[:OF_CONTACT]))
    if asked.since:
        rows = rows.filter(pk__gte=first_id_at(asked.since - SKEW), at__gte=asked.since)
    if asked.until:
        rows = rows.filter(pk__lt=first_id_at(asked.until + SKEW), at__lt=asked.until)
    return rows


def narrow(asked: Asked) -> Q:
    """What no index knows: it is looked at line by line."""
    wanted = {"kind": asked.kind, "outcome": asked.outcome, "campaign_id": asked.campaign}
    return Q(**{name: value for name, value in wanted.items() if value is not None})


def first_id_at(moment: datetime) -> int:
    """The first line of about this moment, by bisecting the ids: some two dozen probes by primary key, and no index."""
    rows = MessageLog.objects.order_by("pk").values_list("pk", "at")
    low, high = 0, (MessageLog.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        found = rows.filter(pk__gte=middle).first()
        if found is None or found[1] >= moment:
            high = middle
        else:
            low = found[0] + 1
    return low


class Newest(Bounded[MessageLog]):
    """Newest first, LOOK lines at a time when it is narrowed."""

    ordering = ("store_id", "-pk")
    look = LOOK


def with_recipients(page: Sequence[MessageLog]) -> list[MessageLog]:
    """The lines with `phone`, `contact_id` and `status` of their recipients, by primary key."""
    wanted = {line.recipient_id for line in page if line.recipient_id}
    people = CampaignRecipient.objects.in_bulk(wanted)
    for line in page:
        person = people.get(line.recipient_id or 0)
        line.phone = person.phone if person else None  # type: ignore[attr-defined]
        line.contact_id = person.contact_id if person else None  # type: ignore[attr-defined]
        line.status = person.status if person else ""  # type: ignore[attr-defined]
    return list(page)


def contact_with(*, store: Store, phone: str) -> int:
    """The store's contact with a phone (E.164), or 0, which has no messages. Index: contact_phone_once."""
    return Contact.objects.filter(store_id=store.pk, phone=phone).values_list("pk", flat=True).first() or 0


def messages_csv(*, store: Store, actor: Actor, asked: Asked) -> Iterator[str]:
    """The log as lines of a CSV, oldest first, in constant memory; it is audited."""
    record("messages.export", actor=actor, subject=f"store:{store.pk}", store_id=store.pk)
    return lines(COLUMNS, _rows(lines_of(store.pk, asked).filter(narrow(asked))))


def _rows(rows: "QuerySet[MessageLog]") -> Iterator[list[Any]]:
    """A chunk at a time, as plain values: a million objects of the ORM would take twice as long."""
    last, rows = 0, rows.using(reports())
    while chunk := list(rows.filter(pk__gt=last).order_by("pk").values_list(*LOGGED)[:CHUNK]):
        last = chunk[-1][0]
        numbers = [row[2] or 0 for row in chunk]
        people = _people(numbers)
        campaigns = public_ids([row[1] or 0 for row in chunk], kind="cmp")
        recipients = public_ids(numbers, kind="rcp")
        for row, campaign, recipient in zip(chunk, campaigns, recipients, strict=True):
            ids = [campaign if row[1] else "", recipient if row[2] else ""]
            yield _cells(row[3:], ids, people.get(row[2], ("", "")))


def _people(numbers: Sequence[int]) -> dict[int, tuple[str, str]]:
    """recipient → (phone, status), by primary key."""
    found = CampaignRecipient.objects.using(reports()).filter(pk__in=set(numbers))
    rows = found.values_list("pk", "phone", "status")
    return {number: (phone or "", status) for number, phone, status in rows}


def _cells(row: Sequence[Any], ids: Sequence[str], person: tuple[str, str]) -> list[Any]:
    at, kind, outcome, attempt, number, *said, parts, text = row
    moment = at.isoformat().replace("+00:00", "Z")
    words = [harmless(word or "") for word in (number, *said)]
    return [moment, kind, outcome, *ids, *person, attempt, *words, "" if parts is None else parts, harmless(text)]
