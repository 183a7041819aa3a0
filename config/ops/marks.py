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

# Where `<kind>:<id>` of an alert or of the audit is to be looked at.
PAGES = {
    "account": "billing_creditaccount",
    "automation": "campaigns_automation",
    "batch": "campaigns_sendbatch",
    "campaign": "campaigns_campaign",
    "import": "audiences_contactimport",
    "inbound": "messaging_inboundmessage",
    "key": "audiences_apikey",
    "provider_account": "messaging_provideraccount",
    "provideraccount": "messaging_provideraccount",
    "receipt": "messaging_receipt",
    "route": "messaging_route",
    "store": "audiences_store",
    "subscription": "billing_subscription",
    "user": "audiences_user",
    "webhook": "messaging_webhookendpoint",
}
LISTS = {"process": "config_heartbeat", "queue": "config_heartbeat", "sweep": "config_sweeprun"}


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


def shortened(text: str, *, most: int = 26) -> str:
    """A text that fits into a column."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def about(subject: str) -> SafeString:
    """What an alert or a line of the audit is about, `<kind>:<id>`, as a link where there is a page."""
    kind, _, number = subject.partition(":")
    if kind in PAGES and number.isdecimal():
        return format_html('<a href="{}">{}</a>', reverse(f"admin:{PAGES[kind]}_change", args=[number]), subject)
    if kind in LISTS:
        return format_html('<a href="{}">{}</a>', reverse(f"admin:{LISTS[kind]}_changelist"), subject)
    return format_html("{}", shortened(subject) or "the house")


def change(facts: dict[str, Any]) -> SafeString:
    """What a line of the audit says about before and after."""
    if "before" not in facts and "after" not in facts:
        return SafeString(EMPTY)
    before, after = (_words(facts.get(name)) for name in ("before", "after"))
    return format_html('<span class="nowrap">{} → {}</span>', before, after)


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) or EMPTY if isinstance(value, list) else EMPTY if value is None else str(value)


def name_of(row: Any) -> str:
    """What a row is called: its own text, or its kind and number when it has none."""
    if row is None:
        return ""
    written: Any = type(row).__str__
    return str(row) if written is not Model.__str__ else f"{row._meta.verbose_name} {row.pk}"
