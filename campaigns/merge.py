"""From contacts to the values of a message's placeholders, as columns of one query."""

from typing import Any

from django.db.models import Case, QuerySet, TextField, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Length, Repeat, Trim
from django.db.models.lookups import Regex

from audiences.models import Contact
from campaigns.content import CONTACT_FIELDS, Content

# Letters and digits of GSM 03.38's basic table, blank and hyphen: what most names are made of.
LETTERS = "^[A-Za-z0-9 ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùüΓΔΘΛΞΠΣΦΨΩ-]*$"


def column(field: str) -> Any:
    """The expression that holds a field's text: a column of the contact, or a custom field ('' when it has none)."""
    if field in CONTACT_FIELDS:
        return Coalesce(field, Value(""))
    return Coalesce(KeyTextTransform(field, "fields"), Value(""), output_field=TextField())


def with_fields(people: "QuerySet[Contact]", content: Content) -> "QuerySet[Contact]":
    """`people`, annotated with `merge_<n>` for the n-th field of the message."""
    return people.annotate(**{f"merge_{n}": column(field) for n, field in enumerate(content.fields)})


def with_shapes(people: "QuerySet[Contact]", content: Content) -> "QuerySet[Contact]":
    """As `with_fields`, but a value of GSM letters alone is only as many x: it counts alike, and groups stay few.

    Texts, parts and encodings come out the same: each of these letters is one septet, one UTF-16 unit, and no part of
    a longer grapheme. 100 000 different names are some hundred groups.
    """
    return people.annotate(**{f"merge_{n}": _shape(field) for n, field in enumerate(content.fields)})


def _shape(field: str) -> Any:
    text = column(field)
    return Case(
        When(Regex(text, LETTERS), then=Repeat(Value("x"), Length(Trim(text)))), default=text, output_field=TextField()
    )


def names(content: Content) -> list[str]:
    """The annotation names of `with_fields`, in the order of `content.fields`."""
    return [f"merge_{n}" for n in range(len(content.fields))]


def by_field(content: Content, merged: tuple[str, ...]) -> dict[str, str]:
    """The merged columns of one row as field -> text."""
    return dict(zip(content.fields, merged, strict=True))
