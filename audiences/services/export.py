"""Contacts as a file: every one of the store, streamed in constant memory."""

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from audiences.imports.columns import field_of
from audiences.models import Contact, ContactList, ListMembership, Store
from config.audit import Actor, record
from config.spreadsheet import chunks, harmless, lines

COLUMNS = (
    "phone", "first_name", "last_name", "email", "birthday", "gender", "language", "time_zone", "country", "consent",
    "consent_at", "consent_source", "created_at", "updated_at",
)  # fmt: skip
LISTS = "lists"


def contacts_csv(*, store: Store, actor: Actor, consent: str = "", country: str = "") -> Iterator[str]:
    """The lines of the store's contacts, oldest first, with the names of their lists and custom fields; it is audited.

    Index: contact_store. Phones are E.164 by a constraint of the table, hence no formulas, and stay as they are: the
    file can be imported again, and then changes nothing.
    """
    asked = {name: value for name, value in (("consent", consent), ("country", country)) if value}
    record("contacts.export", actor=actor, subject=f"store:{store.pk}", store_id=store.pk, **asked)
    rows = Contact.objects.filter(store_id=store.pk, erased_at=None, **asked)
    custom = sorted(store.custom_fields)
    names = dict(ContactList.objects.filter(store_id=store.pk).values_list("pk", "name"))
    columns = (*COLUMNS, "fields")
    told = (
        _cells(row, lists=[names[pk] for pk in on.get(row[0], ()) if pk in names], custom=custom)
        for chunk in chunks(rows, columns=columns)
        for on in [_lists_of(chunk) if names else {}]
        for row in chunk
    )
    return lines((*COLUMNS, LISTS, *map(_heading, custom)), told)


def _lists_of(chunk: Sequence[tuple[Any, ...]]) -> dict[int, list[int]]:
    """Contact -> its lists, oldest first."""
    memberships = ListMembership.objects.filter(contact_id__in=[row[0] for row in chunk]).order_by("list_id")
    found: dict[int, list[int]] = {}
    for contact_id, list_id in memberships.values_list("contact_id", "list_id"):
        found.setdefault(contact_id, []).append(list_id)
    return found


def _heading(custom: str) -> str:
    """A custom field's name; one that another column has as well is told apart."""
    return f"fields.{custom}" if custom in {*COLUMNS, LISTS} or field_of(custom) else custom


def _cells(row: tuple[Any, ...], *, lists: list[str], custom: list[str]) -> list[Any]:
    _, phone, *columns, fields = row
    return [
        phone,
        *(harmless(_text(cell)) for cell in columns),
        harmless("; ".join(lists)),
        *(harmless(_text(fields.get(name))) for name in custom),
    ]


def _text(value: Any) -> Any:
    """Times as the API writes them, numbers in digits; what is no plain value as JSON."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}"
    if hasattr(value, "isoformat"):
        return value.isoformat().replace("+00:00", "Z")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list, bool)) else value
