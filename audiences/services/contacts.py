"""Contacts of a store: create, change, upsert by phone, delete."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone

from audiences.erasure import Erased, clear_all
from audiences.errors import DuplicatePhone
from audiences.excerpts import forget_excerpts
from audiences.fields import BadValue, check
from audiences.models import (
    ConsentEvent,
    Contact,
    ContactList,
    CustomerEvent,
    ListMembership,
    OptInRequest,
    Store,
    Suppression,
)
from audiences.models.contacts import CONSENTS
from audiences.phones import CODES, BadPhone, Phone, normalise, phone_hash
from audiences.services.consent import append_event
from config.audit import Actor, record
from config.problems import NotFound, invalid


class Upserted(NamedTuple):
    """The contact with a phone, and whether it is new."""

    contact: Contact
    created: bool


def read_phone(text: str, *, store: Store) -> Phone:
    """The phone as the store would read it. Raises InvalidFields with the code of the refusal."""
    try:
        return normalise(text, country=store.country)
    except BadPhone as error:
        raise invalid("/phone", CODES[error.code], code=error.code) from None


def contact_of(*, store_id: int, contact_id: int) -> Contact:
    """A living contact of the store. Raises NotFound, also for an erased one."""
    contact = Contact.objects.filter(pk=contact_id, store_id=store_id, erased_at=None).first()
    if contact is None:
        raise NotFound
    return contact


def create_contact(
    *,
    store: Store,
    phone: str,
    values: Mapping[str, Any],
    actor: Actor,
    consent: str = "unknown",
    source: str = "",
    evidence: Mapping[str, Any] | None = None,
) -> Contact:
    """A new contact. `values`: some of fields.FIELDS; `source` says where the consent comes from.

    A phone that opted out of this store before stays opted out, whatever is stated: only `change_consent` opts in.
    Raises InvalidFields, DuplicatePhone.
    """
    now = timezone.now()
    number = read_phone(phone, store=store)
    _check(values, store=store, now=now)
    if consent not in CONSENTS:
        raise invalid("/consent", f"One of: {', '.join(CONSENTS)}.", code="bad_consent")
    if consent == "opted_in" and not source:
        raise invalid("/consent_source", "Say where the consent comes from.", code="required")
    hashed = phone_hash(number.e164)
    if Suppression.objects.filter(store=store, phone_hash=hashed, reason="opt_out").exists():
        consent, source = "opted_out", "suppression"
    stated = {} if consent == "unknown" else {"consent": consent, "consent_at": now, "consent_source": source[:100]}
    row = {**values, **stated, "country": number.country, "created_at": now, "updated_at": now}
    with transaction.atomic():
        contact = _insert(store=store, phone=number.e164, phone_hash=hashed, **row)
        if stated:
            append_event(
                contact, before="unknown", after=consent, source=source, evidence=evidence, actor=actor, now=now
            )
        record("contact.create", actor=actor, subject=f"contact:{contact.pk}", store_id=store.pk)
    return contact


def _insert(*, store: Store, phone: str, **columns: Any) -> Contact:
    """The unique constraint decides, so that two twins at once make one contact."""
    try:
        with transaction.atomic():
            return Contact.objects.create(store=store, phone=phone, **columns)
    except IntegrityError:
        if Contact.objects.filter(store=store, phone=phone).exists():
            raise DuplicatePhone from None
        raise


def update_contact(*, store: Store, contact_id: int, values: Mapping[str, Any], actor: Actor) -> Contact:
    """Change some of fields.FIELDS and `phone` (as written). Custom fields are merged; None removes one.

    Consent is not among them: see `change_consent`. Raises NotFound, InvalidFields, DuplicatePhone.
    """
    now = timezone.now()
    changes = {name: value for name, value in values.items() if name != "phone"}
    _check(changes, store=store, now=now)
    if "phone" in values:
        number = read_phone(values["phone"], store=store)
        changes |= {"phone": number.e164, "country": number.country, "phone_hash": phone_hash(number.e164)}
    with transaction.atomic():
        rows = Contact.objects.filter(pk=contact_id, store=store, erased_at=None)
        before = rows.select_for_update(no_key=True).first()
        if before is None:
            raise NotFound
        if "fields" in changes:
            merged = {**before.fields, **changes["fields"]}
            changes["fields"] = {name: value for name, value in merged.items() if value is not None}
        changed = {name: value for name, value in changes.items() if getattr(before, name) != value}
        if changed:
            _write(contact_id, store=store, changes={**changed, "updated_at": now})
            facts = sorted(changed)
            record("contact.edit", actor=actor, subject=f"contact:{contact_id}", store_id=store.pk, fields=facts)
    return contact_of(store_id=store.pk, contact_id=contact_id)


def _write(contact_id: int, *, store: Store, changes: Mapping[str, Any]) -> None:
    try:
        with transaction.atomic():
            Contact.objects.filter(pk=contact_id, store=store).update(**changes)
    except IntegrityError:
        if Contact.objects.filter(store=store, phone=changes.get("phone")).exclude(pk=contact_id).exists():
            raise DuplicatePhone from None
        raise


def upsert_contact(
    *,
    store: Store,
    phone: str,
    values: Mapping[str, Any],
    actor: Actor,
    consent: str = "unknown",
    source: str = "",
    evidence: Mapping[str, Any] | None = None,
) -> Upserted:
    """The contact with this phone: made when there is none, else changed. Two at once: one makes, one changes.

    `consent` counts for a new contact only; an existing one keeps what it said. Raises InvalidFields.
    """
    number = read_phone(phone, store=store)
    known = Contact.objects.filter(store=store, phone=number.e164).values_list("pk", flat=True)
    try:
        if (contact_id := known.first()) is None:
            made = create_contact(
                store=store,
                phone=phone,
                values=values,
                actor=actor,
                consent=consent,
                source=source,
                evidence=evidence,
            )
            return Upserted(made, True)
    except DuplicatePhone:
        contact_id = known.get()
    return Upserted(update_contact(store=store, contact_id=contact_id, values=values, actor=actor), False)


def delete_contact(*, store: Store, contact_id: int, actor: Actor) -> None:
    """Clear a contact: phone, names, lists, events and texts are gone, the row stays for traces and books.

    Who opted out stays suppressed, so that a later import does not text them. Raises NotFound.
    """
    with transaction.atomic():
        contact = _locked(store, contact_id)
        if contact.consent == "opted_out":
            _keep_out(contact, reason="opt_out", source="contact deleted")
        _clear(contact)
        record("contact.delete", actor=actor, subject=f"contact:{contact_id}", store_id=store.pk)


def erase_contact(*, store: Store, contact_id: int, actor: Actor, reason: str = "") -> None:
    """Clear a contact who asked for it: as `delete_contact`, and the number stays suppressed whoever brings it again.

    Only an owner lifts that. `reason`: for the audit. Raises NotFound, also for one that is erased already.
    """
    with transaction.atomic():
        contact = _locked(store, contact_id)
        if contact.consent == "opted_out":
            _keep_out(contact, reason="opt_out", source="contact erased")
        _keep_out(contact, reason="erased", source="contact erased")
        _clear(contact)
        record("contact.erase", actor=actor, subject=f"contact:{contact_id}", store_id=store.pk, reason=reason)


def _locked(store: Store, contact_id: int) -> Contact:
    contact = Contact.objects.select_for_update().filter(pk=contact_id, store=store, erased_at=None).first()
    if contact is None:
        raise NotFound
    return contact


def _keep_out(contact: Contact, *, reason: str, source: str) -> None:
    if contact.phone_hash:
        row = Suppression(store_id=contact.store_id, phone_hash=contact.phone_hash, reason=reason, source=source)
        Suppression.objects.bulk_create([row], ignore_conflicts=True)


def _clear(contact: Contact) -> None:
    """Take away what says who it was, here and in other apps. The rows of consent stay, without their evidence."""
    now = timezone.now()
    on = list(ListMembership.objects.filter(contact=contact).values_list("list_id", flat=True))
    ContactList.objects.filter(pk__in=on).update(updated_at=now)
    ListMembership.objects.filter(contact=contact).delete()
    OptInRequest.objects.filter(contact=contact).update(values={}, evidence={})
    ConsentEvent.objects.filter(contact=contact).update(evidence={})
    CustomerEvent.objects.filter(contact=contact).delete()
    erased = Erased(
        store_id=contact.store_id,
        contact_id=contact.pk,
        phone_hash=bytes(contact.phone_hash) if contact.phone_hash else None,
        phone=contact.phone,
        words=tuple(filter(None, (contact.first_name, contact.last_name, contact.email))),
    )
    forget_excerpts(erased)
    clear_all(erased)
    Contact.objects.filter(pk=contact.pk).update(**CLEARED, erased_at=now, updated_at=now)


CLEARED: dict[str, Any] = {
    "phone": None,
    "phone_hash": None,
    "first_name": "",
    "last_name": "",
    "email": "",
    "birthday": None,
    "gender": "",
    "language": "",
    "time_zone": "",
    "fields": {},
}


def _check(values: Mapping[str, Any], *, store: Store, now: datetime) -> None:
    try:
        check(values, custom=store.custom_fields, today=now.date())
    except BadValue as error:
        raise invalid(error.pointer, error.detail, code=error.code) from None
