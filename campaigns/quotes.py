"""Quotes: the exact price of a message to an audience, stored, and the check that it still covers a launch."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from audiences import audience
from audiences.models import Contact, Store
from billing.prices import price_table
from campaigns.counting import count
from campaigns.drafts import Draft
from campaigns.errors import NoMessageText, QuoteChanged, QuoteRequired
from campaigns.models import Campaign, Quote
from campaigns.people import people
from config.opaque import public_id
from config.sql import roomy

__all__ = ["Draft", "check_unedited", "make_quote", "quote_for_launch"]

COMPARED = ("recipients", "parts", "credits", "exclusions")
TOO_LARGE = "The audience is too large to be counted again in passing: make a new quote to see the difference."


def make_quote(*, store: Store, draft: Draft, campaign_id: int | None = None) -> Quote:
    """Count everybody, exactly, and store the result; it may be presented for QUOTE_VALID_SECONDS.

    Raises NoMessageText for an empty message. An audience nobody of whom may be texted is a quote of zero recipients.
    """
    if not draft.message.strip():
        raise NoMessageText
    now = timezone.now()
    # Before counting: a change while we count must show.
    version = audience.version(store_id=store.pk, audience=draft.audience, at=now)
    pinned = audience.pinned(store_id=store.pk, audience=draft.audience, at=now)
    bound = Contact.objects.filter(store_id=store.pk).aggregate(last=Max("pk"))["last"] or 0
    prices = price_table(now)
    with roomy():
        totals = count(store=store, draft=draft._replace(audience=pinned), prices=prices, bound=bound)
    return Quote.objects.create(
        store=store,
        campaign_id=campaign_id,
        content_hash=draft.content_hash,
        audience_hash=draft.audience_hash(version),
        price_hash=prices.fingerprint,
        audience_pinned=pinned,
        audience_bound=bound,
        created_at=now,
        expires_at=now + timedelta(seconds=settings.QUOTE_VALID_SECONDS),
        **totals._asdict(),
    )


def quote_for_launch(*, store: Store, campaign: Campaign, quote_id: int | None) -> Quote:
    """The quote that a launch will hold: the presented one if it still covers the campaign, else a new one.

    A new one stands in when only contacts or prices changed and every number is as it was. Raises QuoteRequired (no id
    and more than QUOTE_INLINE_MAX members), QuoteChanged with the difference.
    """
    draft = Draft.of(campaign)
    if quote_id is None:
        quote = _quote_if_small(store=store, campaign=campaign, draft=draft)
        if quote is None:
            raise QuoteRequired(largest=settings.QUOTE_INLINE_MAX)
        return quote
    presented = Quote.objects.filter(pk=quote_id, store_id=store.pk).first()
    if presented is None or presented.campaign_id not in {campaign.pk, None}:
        raise QuoteChanged("This quote is not for this campaign.", difference={"changed": ["campaign"]})
    now = timezone.now()
    edited = _edited(presented, draft)
    moved = _moved(presented, draft, now=now)
    changed = [*edited, *(what for what in moved if what != "contacts" or "audience" not in edited)]
    if not changed:
        return presented
    fresh = _quote_if_small(store=store, campaign=campaign, draft=draft)
    if fresh and not edited and presented.expires_at > now and _same_numbers(presented, fresh):
        return fresh
    raise _refusal(presented, fresh, changed=changed)


def check_unedited(quote: Quote, draft: Draft) -> None:
    """Raise QuoteChanged when the draft is not the one that was quoted: for the launch, under its lock."""
    if edited := _edited(quote, draft):
        raise QuoteChanged("The campaign was edited since the quote.", difference={"changed": edited})


def _edited(quote: Quote, draft: Draft) -> list[str]:
    """What a person wrote otherwise since: `content`, `audience`."""
    same_audience = quote.audience_hash[:32] == draft.audience_hash("")
    return ["content"] * (quote.content_hash != draft.content_hash) + ["audience"] * (not same_audience)


def _moved(quote: Quote, draft: Draft, *, now: datetime) -> list[str]:
    """What time changed: `contacts` (who is in the audience, their names or consent), `prices`, `expired`."""
    version = audience.version(store_id=quote.store_id, audience=draft.audience, at=now)
    found = {
        "contacts": quote.audience_hash[32:] != version,
        "prices": quote.price_hash != price_table(now).fingerprint,
        "expired": quote.expires_at <= now,
    }
    return [what for what, changed in found.items() if changed]


def _quote_if_small(*, store: Store, campaign: Campaign, draft: Draft) -> Quote | None:
    """A new quote, or None when the audience has more than QUOTE_INLINE_MAX members."""
    limit = settings.QUOTE_INLINE_MAX
    members = people(store=store, audience_stored=draft.audience, kind=draft.kind)
    with roomy():
        too_large = members.order_by()[: limit + 1].count() > limit
    if too_large:
        return None
    return make_quote(store=store, draft=draft, campaign_id=campaign.pk)


def _same_numbers(old: Quote, new: Quote) -> bool:
    return all(getattr(old, name) == getattr(new, name) for name in COMPARED)


def _refusal(old: Quote, new: Quote | None, *, changed: list[str]) -> QuoteChanged:
    """What changed, the numbers as they were quoted and as they are, and the quote that may be presented instead."""
    difference: dict[str, Any] = {
        "changed": changed,
        "expired_at": old.expires_at.isoformat() if "expired" in changed else None,
        "quote_id": public_id(new.pk, kind="quo") if new else None,
    }
    for name in COMPARED:
        difference[name] = {"quoted": getattr(old, name), "now": getattr(new, name) if new else None}
    detail = "The quote has expired." if changed == ["expired"] else f"Changed since the quote: {', '.join(changed)}."
    return QuoteChanged(detail if new else f"{detail} {TOO_LARGE}", difference=difference)
