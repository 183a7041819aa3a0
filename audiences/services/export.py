"""Contacts as a file: every one of the store, streamed in constant memory."""

import json
from collections.abc import Iterator
from typing import Any

from audiences.models import Contact, Store
from config.audit import Actor, record
from config.spreadsheet import by_key, harmless, lines

COLUMNS = (
    "phone", "first_name", "last_name", "email", "birthday", "gender", "language", "time_zone", "country", "consent",
    "consent_at", "consent_source", "created_at", "updated_at",
)  # fmt: skip


def contacts_csv(*, store: Store, actor: Actor, consent: str = "", country: str = "") -> Iterator[str]:
    """The lines of the store's contacts, oldest first, custom fields behind the others; it is audited.

    Index: contact_store. Phones are E.164 by a constraint of the table, hence no formulas, and stay as they are: the
    file can be imported again.
    """
    asked = {name: value for name, value in (("consent", consent), ("country", country)) if value}
    record("contacts.export", actor=actor, subject=f"store:{store.pk}", store_id=store.pk, **asked)
    rows = Contact.objects.filter(store_id=store.pk, erased_at=None, **asked)
    custom = sorted(store.custom_fields)
    told = (_cells(row, custom) for row in by_key(rows, columns=(*COLUMNS, "fields")))
    return lines((*COLUMNS, *(harmless(name) for name in custom)), told)


def _cells(row: tuple[Any, ...], custom: list[str]) -> list[Any]:
    _, phone, *columns, fields = row
    return [
        phone,
        *(harmless(_text(cell)) for cell in columns),
        *(harmless(_text(fields.get(name))) for name in custom),
    ]


def _text(value: Any) -> Any:
    """Times as the API writes them; what is no plain value as JSON."""
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        return value.isoformat().replace("+00:00", "Z")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list, bool)) else value
