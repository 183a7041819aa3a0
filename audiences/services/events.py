"""Writing down what customers did: each event once, by the sender's id."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from audiences.models import Contact, CustomerEvent, Store
from audiences.phones import CODES, BadPhone, normalise
from config.sql import fetch

NOT_KNOWN = "There is no such contact."


class Happened(NamedTuple):
    """An event as it is told. Exactly one of `contact_id` and `phone` says who; `event_id`: once per store."""

    event_id: str
    name: str
    properties: Mapping[str, Any]
    occurred_at: datetime
    contact_id: int | None = None
    phone: str | None = None


class Who(NamedTuple):
    """The contact of an event, or the code and the sentence of the refusal."""

    contact_id: int | None
    code: str = ""
    detail: str = ""


class Written(NamedTuple):
    """A row that was really new."""

    id: int
    event_id: str


def identify(events: Sequence[Happened], *, store: Store) -> list[Who]:
    """Whose each event is, in the order given. Two statements. Indexes: contact_phone_once, the primary key."""
    phones = [_read(event.phone, store=store) if event.phone is not None else Who(None) for event in events]
    ours = Contact.objects.filter(store=store, erased_at=None)
    numbers = {phone for phone in phones if isinstance(phone, str)}
    by_phone = dict(ours.filter(phone__in=numbers).values_list("phone", "pk"))
    asked = {event.contact_id for event in events if event.contact_id is not None}
    known = set(ours.filter(pk__in=asked).values_list("pk", flat=True))
    return [_who(event, phone, by_phone, known) for event, phone in zip(events, phones, strict=True)]


def _read(phone: str, *, store: Store) -> str | Who:
    try:
        return normalise(phone, country=store.country).e164
    except BadPhone as error:
        return Who(None, error.code, CODES[error.code])


def _who(event: Happened, phone: str | Who, by_phone: Mapping[str | None, int], known: set[int]) -> Who:
    if isinstance(phone, Who) and phone.code:
        return phone
    found = by_phone.get(phone) if isinstance(phone, str) else event.contact_id
    if found is None or (event.contact_id is not None and found not in known):
        return Who(None, "unknown_contact", NOT_KNOWN)
    return Who(found)


def write(events: Sequence[tuple[int, Happened]], *, store_id: int, now: datetime) -> dict[str, int]:
    """Append (contact, event) pairs; event_id -> key of those that were new.

    Under a race, and for an id that is in it twice, one is written. Index: customerevent_once.
    """
    sql = """
        INSERT INTO audiences_customerevent
               (store_id, contact_id, event_id, name, properties, occurred_at, created_at)
        SELECT %(store_id)s, e.contact_id, e.event_id, e.name, e.properties, e.occurred_at, %(now)s
          FROM json_to_recordset(%(events)s::json)
            AS e (contact_id bigint, event_id text, name text, properties jsonb, occurred_at timestamptz)
            ON CONFLICT DO NOTHING
        RETURNING id, event_id
    """
    # In the order of their ids: two requests that tell the same must not wait for each other.
    ordered = sorted(events, key=lambda pair: pair[1].event_id)
    rows = [{**event._asdict(), "contact_id": contact_id, "phone": None} for contact_id, event in ordered]
    found = fetch(sql, {"store_id": store_id, "now": now, "events": orjson.dumps(rows).decode()}, Written)
    return {row.event_id: row.id for row in found}


def known(event_ids: Sequence[str], *, store_id: int) -> dict[str, int]:
    """event_id -> key of those that were written before. Index: customerevent_once."""
    rows = CustomerEvent.objects.filter(store_id=store_id, event_id__in=list(event_ids))
    return dict(rows.values_list("event_id", "pk"))
