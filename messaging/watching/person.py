"""Everything that is held about one person, as one JSON document, written piece by piece in constant memory."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet

from audiences.models import ConsentEvent, Contact, CustomerEvent, ListMembership, OptInRequest, Suppression
from audiences.serializers import ContactBody
from campaigns.models import Campaign, CampaignRecipient
from config.audit import Actor, record
from config.opaque import public_id
from config.spreadsheet import CHUNK
from messaging.inbound.personal import texts_of
from messaging.models import Click, MessageLog

Row = dict[str, Any]
Part = Callable[[Contact], Iterable[Row]]


def document(contact: Contact, *, actor: Actor) -> Iterator[str]:
    """The pieces of the document: `contact`, then a list for each of PARTS. It is audited at once, not when it is read.

    A thousand messages or one take the same memory. What changes while it is read may be in it or not.
    """
    record("contact.export", actor=actor, subject=f"contact:{contact.pk}", store_id=contact.store_id)
    return _pieces(contact)


def _pieces(contact: Contact) -> Iterator[str]:
    yield f'{{"contact": {_json(ContactBody(contact).data)}'
    for name, part in PARTS.items():
        yield f', "{name}": ['
        for number, row in enumerate(part(contact)):
            yield f"{', ' if number else ''}{_json(row)}"
        yield "]"
    yield "}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)


def lists(contact: Contact) -> Iterator[Row]:
    """The lists that they are on, oldest first. Index: of the contact on memberships."""
    for row in ListMembership.objects.filter(contact=contact).select_related("list").order_by("pk"):
        yield {"list": public_id(row.list_id, kind="lst"), "name": row.list.name, "added_at": row.added_at}


def consent(contact: Contact) -> Iterator[Row]:
    """Every change of consent, oldest first. Index: of the contact on its events."""
    for row in _walk(ConsentEvent.objects.filter(contact=contact)):
        columns = ("before", "after", "source", "evidence", "created_at")
        yield {name: getattr(row, name) for name in columns}


def sign_ups(contact: Contact) -> Iterator[Row]:
    """What they said on the store's page, until it was taken over, and what it came to."""
    for row in _walk(OptInRequest.objects.filter(contact=contact)):
        columns = ("state", "reason", "source", "language", "values", "evidence", "created_at", "settled_at")
        yield {name: getattr(row, name) for name in columns}


def suppressions(contact: Contact) -> Iterator[Row]:
    """Why this store does not text the number; not what holds for every store. Index: suppression_once."""
    rows = Suppression.objects.filter(store_id=contact.store_id, phone_hash=contact.phone_hash).order_by("pk")
    for reason, source, at in rows.values_list("reason", "source", "created_at"):
        yield {"reason": reason, "source": source, "created_at": at}


def messages(contact: Contact) -> Iterator[Row]:
    """Every message with the text that was handed over, oldest first. Indexes: recipients' contact, log_recipient."""
    for people in _chunks(CampaignRecipient.objects.filter(contact=contact, store_id=contact.store_id)):
        names = dict(
            Campaign.objects.filter(pk__in={person.campaign_id for person in people}).values_list("pk", "name")
        )
        lines = MessageLog.objects.filter(recipient_id__in=[person.pk for person in people], kind="attempt")
        texts = dict(lines.order_by("pk").values_list("recipient_id", "text"))
        for person in people:
            yield {
                "id": public_id(person.pk, kind="rcp"),
                "campaign": public_id(person.campaign_id, kind="cmp"),
                "campaign_name": names.get(person.campaign_id, ""),
                "phone": person.phone,
                "status": person.status,
                "reason": person.reason,
                "parts": person.parts,
                "text": texts.get(person.pk, ""),
                "sent_at": person.sent_at,
                "final_at": person.final_at,
            }


def texts(contact: Contact) -> Iterator[Row]:
    """What they texted to the store. Index: the messages' contact."""
    for row in _walk(texts_of(store_id=contact.store_id, contact_id=contact.pk)):
        columns = ("phone", "to", "text", "meaning", "outcome", "received_at")
        yield {"id": public_id(row.pk, kind="inb"), **{name: getattr(row, name) for name in columns}}


def clicks(contact: Contact) -> Iterator[Row]:
    """Links that were followed. Index: click_contact."""
    for row in _walk(Click.objects.filter(contact_id=contact.pk)):
        campaign, recipient = public_id(row.campaign_id, kind="cmp"), public_id(row.recipient_id, kind="rcp")
        yield {"campaign": campaign, "message": recipient, "link": row.number, "human": row.human, "at": row.at}


def events(contact: Contact) -> Iterator[Row]:
    """What the store's systems told of them. Index: customerevent_contact."""
    for row in _walk(CustomerEvent.objects.filter(contact=contact)):
        columns = ("event_id", "name", "properties", "occurred_at", "created_at")
        yield {name: getattr(row, name) for name in columns}


PARTS: dict[str, Part] = {
    "lists": lists,
    "consent": consent,
    "sign_ups": sign_ups,
    "suppressions": suppressions,
    "messages": messages,
    "texts": texts,
    "clicks": clicks,
    "events": events,
}


def _walk(rows: "QuerySet[Any]") -> Iterator[Any]:
    for chunk in _chunks(rows):
        yield from chunk


def _chunks(rows: "QuerySet[Any]") -> Iterator[list[Any]]:
    """The rows, oldest first, a chunk at a time: no cursor and no transaction stays open."""
    last = 0
    while chunk := list(rows.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield chunk
        last = chunk[-1].pk
