"""The store's library of texts: written, copied, changed, deleted. A text is checked like a campaign's message."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from audiences.models import Store
from campaigns.models import StoreTemplate
from campaigns.starters import Starter
from campaigns.texts import checked
from config.audit import Actor, record
from config.problems import Conflict, NotFound

NAME_MAX = 160
TEMPLATES_MAX = 1000
WRITABLE = ("name", "text", "language", "category")


class TemplateNameTaken(Conflict):
    """Another template of this store has this name."""


class TooManyTemplates(Conflict):
    """The library is full: delete what is not used any more."""


def create(*, store: Store, fields: dict[str, Any], actor: Actor, starter: str = "") -> StoreTemplate:
    """A new template; `fields`: those of WRITABLE. Raises InvalidFields, NoMessageText, TemplateNameTaken."""
    columns = _columns(fields, store=store)
    if StoreTemplate.objects.filter(store=store).count() >= TEMPLATES_MAX:
        raise TooManyTemplates
    try:
        with transaction.atomic():
            made = StoreTemplate.objects.create(store=store, created_by=actor.name, starter=starter, **columns)
            record("template.create", actor=actor, subject=f"template:{made.pk}", store_id=store.pk)
    except IntegrityError:
        raise TemplateNameTaken from None
    return made


def edit(*, store: Store, template_id: int, fields: dict[str, Any], actor: Actor) -> StoreTemplate:
    """Change some of WRITABLE; campaigns that were written with it keep their text. Raises as `create`, NotFound."""
    columns = _columns(fields, store=store)
    try:
        with transaction.atomic():
            rows = StoreTemplate.objects.filter(pk=template_id, store=store)
            if not rows.update(**columns, updated_at=timezone.now()):
                raise NotFound
            subject = f"template:{template_id}"
            record("template.edit", actor=actor, subject=subject, store_id=store.pk, fields=sorted(columns))
    except IntegrityError:
        raise TemplateNameTaken from None
    return rows.get()


def delete(*, store_id: int, template_id: int, actor: Actor) -> None:
    """Delete a template. Raises NotFound."""
    with transaction.atomic():
        if not StoreTemplate.objects.filter(pk=template_id, store_id=store_id).delete()[0]:
            raise NotFound
        record("template.delete", actor=actor, subject=f"template:{template_id}", store_id=store_id)


def duplicate(*, store: Store, template_id: int, actor: Actor, name: str = "") -> StoreTemplate:
    """The same text as `name`, else as the next free "<old name> (2)". Raises NotFound, TemplateNameTaken."""
    source = StoreTemplate.objects.filter(pk=template_id, store=store).first()
    if source is None:
        raise NotFound
    fields = {column: getattr(source, column) for column in WRITABLE}
    fields["name"] = name or free_name(source.name, store_id=store.pk)
    return create(store=store, fields=fields, actor=actor, starter=source.starter)


def copy_starter(*, store: Store, starter: Starter, actor: Actor, name: str = "") -> StoreTemplate:
    """A starter as the store's own template, to be changed at will. Raises TemplateNameTaken."""
    fields = {"text": starter.text, "language": starter.language, "category": starter.category}
    fields["name"] = name or free_name(starter.name, store_id=store.pk)
    return create(store=store, fields=fields, actor=actor, starter=starter.key)


def free_name(name: str, *, store_id: int) -> str:
    """`name`, or with the first number that no template of the store has."""
    stem = name[: NAME_MAX - 7]
    taken = set(StoreTemplate.objects.filter(store_id=store_id, name__startswith=stem).values_list("name", flat=True))
    names = [name, *(f"{stem} ({n})" for n in range(2, len(taken) + 3))]
    return next(one for one in names if one not in taken)


def _columns(fields: dict[str, Any], *, store: Store) -> dict[str, Any]:
    columns = {name: value for name, value in fields.items() if name in WRITABLE}
    if "text" in columns:
        columns["text"] = checked(columns["text"], store=store)
    return columns
