"""How values look in the ops console."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

EMPTY = "–"


def badge(word: str) -> SafeString:
    """A state as a coloured pill; the colour follows from the word in ops/skin.css."""
    return format_html('<span class="st st-{}">{}</span>', word, word.replace("_", " ")) if word else SafeString(EMPTY)


@cache
def state(column: str) -> Callable[[Model], SafeString]:
    """A column of a list, or a line of a page, that shows a state as a badge."""

    @admin.display(description=column, ordering=column)
    def shown(row: Model) -> SafeString:
        return badge(getattr(row, column))

    shown.__name__ = column
    return shown


def bar(*, done: int, of: int) -> SafeString:
    """A progress bar with its percentage; the same without any style sheet."""
    if not of:
        return SafeString(EMPTY)
    percent = 100 * done // of
    return format_html(
        '<span class="nowrap"><progress max="{}" value="{}">{}%</progress> {}%</span>', of, done, percent, percent
    )


def masked(phone: str | None) -> str:
    """A phone number in a list: enough to compare, not enough to call."""
    return f"{phone[:5]}•••{phone[-3:]}" if phone else EMPTY


def link(model: type[Model], number: int | None, text: str = "") -> SafeString:
    """A link to the page of a row whose id is a plain number."""
    if number is None:
        return SafeString(EMPTY)
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[number])
    return format_html('<a href="{}">{}</a>', address, text or number)


def rows_of(model: type[Model], text: str, **lookups: Any) -> SafeString:
    """A link to a list that is narrowed by exact values of indexed columns."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    query = "&".join(f"{name}={value}" for name, value in lookups.items())
    return format_html('<a href="{}?{}">{}</a>', address, query, text)
