"""Static lists of contacts. Every change moves the list's `updated_at`: quotes made before show a difference."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone

from audiences.errors import NameTaken
from audiences.models import Contact, ContactList, ListMembership, Store
from config.audit import Actor, record
from config.problems import NotFound, invalid

MEMBERS_MAX = 10_000  # contacts that one call may add or remove


class Changed(NamedTuple):
    """Contacts that were really added to and removed from a list."""

    added: int
    removed: int


def list_of(*, store_id: int, list_id: int) -> ContactList:
    """A list of the store. Raises NotFound."""
    found = ContactList.objects.filter(pk=list_id, store_id=store_id).first()
    if found is None:
        raise NotFound
    return found


def create_list(*, store: Store, name: str, actor: Actor, description: str = "") -> ContactList:
    """A new, empty list. Raises InvalidFields, NameTaken."""
    columns = labels(name=name, description=description)
    try:
        with transaction.atomic():
            made = ContactList.objects.create(store=store, **columns)
            record("list.create", actor=actor, subject=f"list:{made.pk}", store_id=store.pk)
    except IntegrityError:
        raise NameTaken from None
    return made


def get_or_create_list(*, store: Store, name: str, actor: Actor) -> ContactList:
    """The store's list with this name, made if need be; two callers at once get the same. Raises InvalidFields."""
    known = ContactList.objects.filter(store=store, name=name.strip())
    try:
        return known.first() or create_list(store=store, name=name, actor=actor)
    except NameTaken:
        return known.get()


def rename_list(
    *, store_id: int, list_id: int, actor: Actor, name: str | None = None, description: str | None = None
) -> ContactList:
    """Change the name or the description. Raises NotFound, InvalidFields, NameTaken."""
    before = list_of(store_id=store_id, list_id=list_id)
    columns = labels(
        name=before.name if name is None else name,
        description=before.description if description is None else description,
    )
    try:
        with transaction.atomic():
            ContactList.objects.filter(pk=list_id, store_id=store_id).update(**columns)
            record("list.edit", actor=actor, subject=f"list:{list_id}", store_id=store_id)
    except IntegrityError:
        raise NameTaken from None
    return list_of(store_id=store_id, list_id=list_id)


def delete_list(*, store_id: int, list_id: int, actor: Actor) -> None:
    """Delete a list; its contacts stay. A campaign that names it is for nobody from now on. Raises NotFound."""
    with transaction.atomic():
        # Locked before its members are looked for, else one that is added meanwhile keeps the list from going.
        rows = ContactList.objects.filter(pk=list_id, store_id=store_id)
        if not rows.select_for_update().first():
            raise NotFound
        rows.delete()
        record("list.delete", actor=actor, subject=f"list:{list_id}", store_id=store_id)


def change_members(
    *, store_id: int, list_id: int, add: Sequence[int] = (), remove: Sequence[int] = (), actor: Actor
) -> Changed:
    """Add and remove contacts by primary key; who is there (or away) already stays so, and is not counted.

    One id that is not a living contact of the store refuses the whole call. Raises NotFound, InvalidFields.
    """
    now = timezone.now()
    if len(add) + len(remove) > MEMBERS_MAX:
        raise invalid("/add", f"At most {MEMBERS_MAX} contacts in one call.", code="too_many")
    with transaction.atomic():
        if not ContactList.objects.select_for_update(no_key=True).filter(pk=list_id, store_id=store_id).first():
            raise NotFound
        _all_ours(add, store_id=store_id, at="/add")
        _all_ours(remove, store_id=store_id, at="/remove")
        gone, _ = ListMembership.objects.filter(list_id=list_id, contact_id__in=list(remove)).delete()
        changed = Changed(_add(list_id, add, now=now), gone)
        if any(changed):
            ContactList.objects.filter(pk=list_id).update(updated_at=now)
            subject, facts = f"list:{list_id}", changed._asdict()
            record("list.members", actor=actor, subject=subject, store_id=store_id, **facts)
    return changed


def _all_ours(contact_ids: Sequence[int], *, store_id: int, at: str) -> None:
    asked = set(contact_ids)
    ours = Contact.objects.filter(store_id=store_id, pk__in=asked, erased_at=None).values_list("pk", flat=True)
    if strangers := asked - set(ours):
        raise invalid(at, f"{len(strangers)} of these contacts do not exist.", code="unknown_contact")


def _add(list_id: int, contact_ids: Sequence[int], *, now: datetime) -> int:
    """Insert who is missing; the list's row lock keeps others from inserting the same meanwhile."""
    there = ListMembership.objects.filter(list_id=list_id, contact_id__in=list(contact_ids))
    missing = sorted(set(contact_ids) - set(there.values_list("contact_id", flat=True)))
    rows = [ListMembership(list_id=list_id, contact_id=pk, added_at=now) for pk in missing]
    ListMembership.objects.bulk_create(rows, batch_size=2000, ignore_conflicts=True)
    return len(missing)


def labels(*, name: str, description: str) -> dict[str, str]:
    """The columns `name` and `description`. Raises InvalidFields."""
    name = name.strip()
    if not name or len(name) > 160 or "\x00" in name:
        raise invalid("/name", "A name of 1 to 160 characters.", code="bad_name")
    if len(description) > 400 or "\x00" in description:
        raise invalid("/description", "At most 400 characters.", code="max_length")
    return {"name": name, "description": description}
