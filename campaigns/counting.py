"""Counting a draft: everybody, exactly, in one pass over groups of recipients whose texts are the same."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db.models import Count

from audiences import audience
from audiences.models import Store
from billing.prices import PriceTable
from campaigns import merge
from campaigns.advice import Adviser, Seen
from campaigns.content import Content
from campaigns.drafts import Draft
from campaigns.people import people
from config.sql import streamed


class Group(NamedTuple):
    """Recipients who share a country and the shapes of all placeholders' values, hence parts and price."""

    country: str
    merged: tuple[str, ...]
    recipients: int


class Totals(NamedTuple):
    """A quote's numbers, in recipients, parts and credits."""

    recipients: int
    parts: int
    credits: int
    exclusions: dict[str, int]
    parts_histogram: dict[str, int]
    encoding: dict[str, int]
    countries: list[dict[str, Any]]
    advice: dict[str, Any]


def count(*, store: Store, draft: Draft, prices: PriceTable, bound: int) -> Totals:
    """The numbers of a quote. Equal (country, shapes of values) are counted once: sizes differ by nothing else.

    `bound`: the last contact id that belongs to it.
    """
    content = draft.content()
    members = people(store=store, audience_stored=draft.audience, kind=draft.kind, bound=bound)
    exclusions = Counter(audience.exclusions(members))
    sizes: Counter[tuple[str, int, bool]] = Counter()
    adviser = Adviser(draft, content, prices)
    skips = draft.on_missing == "skip"
    for country, merged, recipients in _groups(members, content):
        fields = merge.by_field(content, merged)
        if skips and content.lacks(fields):
            exclusions["missing_field"] += recipients
            continue
        cleaned = content.cleaned(fields)
        values = content.filled(cleaned)
        parts, gsm = content.sized(values)
        sizes[country, parts, gsm] += recipients
        adviser.see(Seen(country, fields, cleaned, values, parts, recipients))
    countries = _by_country(sizes, prices)
    parts = sum(row["parts"] for row in countries)
    credits = sum(row["credits"] for row in countries)
    return Totals(
        recipients=sizes.total(),
        parts=parts,
        credits=credits,
        exclusions={reason: number for reason, number in exclusions.items() if number},
        parts_histogram={str(n): recipients for n, recipients in sorted(_tally(sizes, 1).items())},
        encoding={"GSM-7" if gsm else "UCS-2": recipients for gsm, recipients in _tally(sizes, 2).items()},
        countries=countries,
        advice=adviser.answer(parts=parts, credits=credits),
    )


def _groups(members: Any, content: Content) -> Iterator[Group]:
    columns = merge.names(content)
    rows = (
        merge.with_shapes(members.filter(exclusion=None), content)
        .order_by()
        .values_list("country", *columns)
        .annotate(recipients=Count("pk"))
    )
    for country, *merged, recipients in streamed(rows):
        yield Group(country, tuple(merged), recipients)


def _tally(sizes: "Counter[tuple[str, int, bool]]", which: int) -> "Counter[Any]":
    """Recipients by one of (country, parts, whether GSM-7 is enough)."""
    tally: Counter[Any] = Counter()
    for size, recipients in sizes.items():
        tally[size[which]] += recipients
    return tally


def _by_country(sizes: "Counter[tuple[str, int, bool]]", prices: PriceTable) -> list[dict[str, Any]]:
    parts: Counter[str] = Counter()
    for (country, number, _), recipients in sizes.items():
        parts[country] += number * recipients
    return [
        {
            "country": country,
            "recipients": recipients,
            "parts": parts[country],
            "credits_per_part": prices.credits_per_part(country),
            "credits": parts[country] * prices.credits_per_part(country),
        }
        for country, recipients in sorted(_tally(sizes, 0).items())
    ]
