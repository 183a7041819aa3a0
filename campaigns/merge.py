"""From contacts to the values of a message's placeholders, as columns of one query."""

from typing import Any

from django.db.models import QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from audiences.models import Contact
from campaigns.content import CONTACT_FIELDS, Content


def column(field: str) -> Any:
    """The expression that holds a field's text: a column of the contact, or a custom field ('' when it has none)."""
    if field in CONTACT_FIELDS:
        return Coalesce(field, Value(""))
    return Coalesce(KeyTextTransform(field, "fields"), Value(""), output_field=TextField())


def with_fields(people: "QuerySet[Contact]", content: Content) -> "QuerySet[Contact]":
    """`people`, annotated with `merge_<n>` for the n-th field of the message."""
    return people.annotate(**{f"merge_{n}": column(field) for n, field in enumerate(content.fields)})


def names(content: Content) -> list[str]:
    """The annotation names of `with_fields`, in the order of `content.fields`."""
    return [f"merge_{n}" for n in range(len(content.fields))]


def by_field(content: Content, merged: tuple[str, ...]) -> dict[str, str]:
    """The merged columns of one row as field -> text."""
    return dict(zip(content.fields, merged, strict=True))
