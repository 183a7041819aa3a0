"""Quotes: the exact price of a message to an audience, stored, and the check that it still covers a launch."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Count, Max
from django.utils import timezone

from audiences import audience
from audiences.models import Contact, Store
from billing.prices import PriceTable, price_table
from campaigns import merge
from campaigns.content import Content, parse
from campaigns.errors import NoMessageText, QuoteChanged, QuoteRequired
from campaigns.models import Campaign, Quote
from campaigns.people import people


class Draft(NamedTuple):
    """What a quote is made of: content and audience, saved or not. `audience` is in its stored form."""

    message: str
    kind: str
    audience: dict[str, Any]
    on_missing: str = "blank"

    @classmethod
    def of(cls, campaign: Campaign) -> "Draft":
        """The draft that a campaign holds."""
        return cls(campaign.message, campaign.kind, campaign.audience, campaign.on_missing)

    @property
    def content_hash(self) -> str:
        """Changes with anything of the draft that changes a recipient's text or whether he is one."""
        return _hash([self.message, self.kind, self.on_missing, self.audience])


class Group(NamedTuple):
    """Recipients who share a country and the values of all placeholders, hence parts and price."""

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
    countries: list[dict[str, Any]]


def make_quote(*, store: Store, draft: Draft, campaign_id: int | None = None) -> Quote:
    """Count everybody, exactly, and store the result; it may be presented for QUOTE_VALID_SECONDS.

    Raises NoMessageText for an empty message. An audience nobody of whom may be texted is a quote of zero recipients.
    """
    if not draft.message.strip():
        raise NoMessageText
    now = timezone.now()
    # Before counting: a change while we count must show.
    version = audience.version(store_id=store.pk, audience=draft.audience)
    bound = Contact.objects.filter(store_id=store.pk).aggregate(last=Max("pk"))["last"] or 0
    prices = price_table(now)
    totals = count(store=store, draft=draft, prices=prices, bound=bound)
    return Quote.objects.create(
        store=store,
        campaign_id=campaign_id,
        content_hash=draft.content_hash,
        audience_hash=_hash([draft.audience, version]),
        price_hash=prices.fingerprint,
        audience_bound=bound,
        created_at=now,
        expires_at=now + timedelta(seconds=settings.QUOTE_VALID_SECONDS),
        **totals._asdict(),
    )


def count(*, store: Store, draft: Draft, prices: PriceTable, bound: int) -> Totals:
    """The numbers of a quote. Equal (country, values) are counted once: texts differ by nothing else."""
    content = parse(draft.message)
    members = people(store=store, audience_stored=draft.audience, kind=draft.kind, bound=bound)
    exclusions = Counter(audience.exclusions(members))
    histogram: Counter[int] = Counter()
    countries: dict[str, Counter[str]] = {}
    for group in _groups(members, content):
        fields = merge.by_field(content, group.merged)
        if draft.on_missing == "skip" and content.lacks(fields):
            exclusions["missing_field"] += group.recipients
            continue
        parts = content.parts(content.values(fields))
        histogram[parts] += group.recipients
        tally = countries.setdefault(group.country, Counter())
        tally["recipients"] += group.recipients
        tally["parts"] += group.recipients * parts
    by_country = [_priced(country, tally, prices) for country, tally in sorted(countries.items())]
    return Totals(
        recipients=histogram.total(),
        parts=sum(parts * recipients for parts, recipients in histogram.items()),
        credits=sum(row["credits"] for row in by_country),
        exclusions={reason: number for reason, number in exclusions.items() if number},
        parts_histogram={str(parts): recipients for parts, recipients in sorted(histogram.items())},
        countries=by_country,
    )


def _groups(members: Any, content: Content) -> Iterator[Group]:
    columns = merge.names(content)
    rows = (
        merge.with_fields(members.filter(exclusion=None), content)
        .order_by()
        .values_list("country", *columns)
        .annotate(recipients=Count("pk"))
    )
    for country, *merged, recipients in rows.iterator(chunk_size=10_000):
        yield Group(country, tuple(merged), recipients)


def _priced(country: str, tally: "Counter[str]", prices: PriceTable) -> dict[str, Any]:
    price = prices.credits_per_part(country)
    return {"country": country, **tally, "credits_per_part": price, "credits": tally["parts"] * price}


def quote_for_launch(*, store: Store, campaign: Campaign, quote_id: int | None) -> Quote:
    """The quote that a launch will hold: the presented one if it still covers the campaign, else a new one.

    Raises QuoteRequired (no id and more than QUOTE_INLINE_MAX members), QuoteChanged with the difference.
    """
    draft = Draft.of(campaign)
    if quote_id is None:
        return _inline(store=store, campaign=campaign, draft=draft)
    quote = Quote.objects.filter(pk=quote_id, store_id=store.pk).first()
    if quote is None or quote.campaign_id not in {campaign.pk, None}:
        raise QuoteChanged("This quote is not for this campaign.")
    now = timezone.now()
    if quote.expires_at <= now:
        raise QuoteChanged("The quote has expired.", difference={"expired_at": quote.expires_at.isoformat()})
    if quote.content_hash != draft.content_hash:
        raise QuoteChanged("The message or its audience changed since the quote.", difference={"content": True})
    version = audience.version(store_id=store.pk, audience=draft.audience)
    same_people = quote.audience_hash == _hash([draft.audience, version])
    if same_people and quote.price_hash == price_table(now).fingerprint:
        return quote
    return _compare(quote, make_quote_if_small(store=store, campaign=campaign, draft=draft))


def _inline(*, store: Store, campaign: Campaign, draft: Draft) -> Quote:
    quote = make_quote_if_small(store=store, campaign=campaign, draft=draft)
    if quote is None:
        raise QuoteRequired
    return quote


def make_quote_if_small(*, store: Store, campaign: Campaign, draft: Draft) -> Quote | None:
    """A new quote, or None when the audience has more than QUOTE_INLINE_MAX members."""
    limit = settings.QUOTE_INLINE_MAX
    members = people(store=store, audience_stored=draft.audience, kind=draft.kind)
    if members.order_by()[: limit + 1].count() > limit:
        return None
    return make_quote(store=store, draft=draft, campaign_id=campaign.pk)


def _compare(old: Quote, new: Quote | None) -> Quote:
    """The presented quote while its numbers still hold; else QuoteChanged with what they were and are."""
    if new is None:
        raise QuoteChanged("The audience or the prices changed since the quote.", difference=None)
    shown = ("recipients", "parts", "credits")
    if all(getattr(old, name) == getattr(new, name) for name in shown) and old.exclusions == new.exclusions:
        return new
    difference = {name: {"quoted": getattr(old, name), "now": getattr(new, name)} for name in shown}
    raise QuoteChanged("The audience or the prices changed since the quote.", difference=difference)


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
