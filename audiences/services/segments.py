"""Segments of a store: make, change, delete. Quotes made before a change show a difference."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from audiences.errors import NameTaken, SegmentInUse
from audiences.models import Segment, Store
from audiences.segments.grammar import parse
from audiences.segments.registry import USES
from audiences.segments.sight import sight_of
from audiences.services.lists import labels
from config.audit import Actor, record
from config.problems import NotFound

USES_NAMED = 5  # in a refusal


def create_segment(*, store: Store, name: str, rules: Any, actor: Actor, description: str = "") -> Segment:
    """A new segment. `rules`: as the API has them. Raises InvalidFields, NameTaken."""
    columns = labels(name=name, description=description)
    stored = parse(rules, sight=sight_of(store, at=timezone.now()))
    try:
        with transaction.atomic():
            made = Segment.objects.create(store=store, rules=stored, **columns)
            record("segment.create", actor=actor, subject=f"segment:{made.pk}", store_id=store.pk)
    except IntegrityError:
        raise NameTaken from None
    return made


def update_segment(*, store: Store, segment_id: int, actor: Actor, **changes: Any) -> Segment:
    """Change `name`, `description` or `rules` (as the API has them). Raises NotFound, InvalidFields, NameTaken."""
    now = timezone.now()
    rows = Segment.objects.filter(pk=segment_id, store=store)
    try:
        with transaction.atomic():
            before = rows.select_for_update(no_key=True).first()
            if before is None:
                raise NotFound
            columns = _columns(before, changes, store=store)
            changed = {column: value for column, value in columns.items() if getattr(before, column) != value}
            if changed:
                rows.update(**changed, updated_at=now)
                facts, subject = sorted(changed), f"segment:{segment_id}"
                record("segment.edit", actor=actor, subject=subject, store_id=store.pk, fields=facts)
    except IntegrityError:
        raise NameTaken from None
    return rows.get()


def _columns(before: Segment, changes: dict[str, Any], *, store: Store) -> dict[str, Any]:
    name, description = changes.get("name", before.name), changes.get("description", before.description)
    columns: dict[str, Any] = labels(name=name, description=description)
    if "rules" in changes:
        columns["rules"] = parse(changes["rules"], sight=sight_of(store, at=timezone.now()))
    return columns


def delete_segment(*, store_id: int, segment_id: int, actor: Actor) -> None:
    """Delete a segment. A draft that names it is for nobody from now on. Raises NotFound, SegmentInUse."""
    with transaction.atomic():
        rows = Segment.objects.filter(pk=segment_id, store_id=store_id)
        if not rows.select_for_update().first():
            raise NotFound
        if used := [use for find in USES for use in find(store_id, segment_id)]:
            names = ", ".join(used[:USES_NAMED])
            detail = f"{SegmentInUse.__doc__} {names}."
            error = {"pointer": "#", "detail": detail, "code": "segment_in_use"}
            raise SegmentInUse(detail, errors=[error])
        rows.delete()
        record("segment.delete", actor=actor, subject=f"segment:{segment_id}", store_id=store_id)
