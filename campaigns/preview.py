"""What real people will read: a draft rendered for a few of its recipients, each text with what it costs."""

from typing import Any, NamedTuple

from audiences.models import Contact, Store
from billing.prices import PriceTable
from campaigns import merge
from campaigns.drafts import Draft
from campaigns.people import judged, people
from providers.gsm import count

SHOWN = 5


class Rendered(NamedTuple):
    """The text for one contact, its parts and credits; `left_out` says why he does not get it, '' when he does."""

    contact_id: int
    text: str
    encoding: str
    units: int
    parts: int
    credits: int
    left_out: str


class ShortLink(NamedTuple):
    """An address of the text that becomes a short link."""

    number: int
    url: str


class Preview(NamedTuple):
    """The whole text with its placeholders, what a few contacts would read, and its links.

    Where a recipient has a code of his own the previews have twelve x: it is as wide, and leads nowhere.
    """

    text: str
    messages: list[Rendered]
    links: list[ShortLink]


def preview(*, store: Store, draft: Draft, prices: PriceTable, contact_id: int | None = None) -> Preview:
    """The first SHOWN recipients by id, always the same ones; with `contact_id` only that contact, recipient or not.

    An id that is none of the store's contacts, or was erased, gives no message. Index: contact_store, primary key.
    """
    links = [ShortLink(*one) for one in draft.links.items()]
    everybody = people(store=store, audience_stored=draft.audience, kind=draft.kind)
    if contact_id is None:
        rows = everybody.filter(exclusion=None).order_by("pk")[:SHOWN]
        shown = [_render(row, draft=draft, prices=prices) for row in _merged(rows, draft)]
        return Preview(draft.text, shown, links)
    known = Contact.objects.filter(pk=contact_id, store_id=store.pk, erased_at=None).exists()
    rows = judged([contact_id] if known else [], store=store, kind=draft.kind)
    found = [_render(row, draft=draft, prices=prices) for row in _merged(rows, draft)]
    if found and not everybody.filter(pk=contact_id).exists():
        found = [one._replace(left_out=one.left_out or "not_in_audience") for one in found]
    return Preview(draft.text, found, links)


def _merged(rows: Any, draft: Draft) -> Any:
    content = draft.content()
    return merge.with_fields(rows, content).values_list("pk", "country", "exclusion", *merge.names(content))


def _render(row: tuple[Any, ...], *, draft: Draft, prices: PriceTable) -> Rendered:
    contact_id, country, exclusion, *merged = row
    content = draft.content()
    fields = merge.by_field(content, tuple(merged))
    text = content.render(content.values(fields))
    size = count(text)
    lacking = draft.on_missing == "skip" and content.lacks(fields)
    return Rendered(
        contact_id=contact_id,
        text=text,
        encoding=size.encoding,
        units=size.units,
        parts=size.parts,
        credits=size.parts * prices.credits_per_part(country),
        left_out=exclusion or ("missing_field" if lacking else ""),
    )
