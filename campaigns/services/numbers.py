"""Messages to numbers instead of an audience, as campaigns of their own: the same hold, claim, receipts and books."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from audiences.models import Store
from audiences.numbers import Number, look_up
from audiences.phones import CODES, BadPhone, Phone, normalise
from billing.prices import PriceTable, price_table
from billing.services import hold
from campaigns import history
from campaigns.content import Content
from campaigns.drafts import Draft
from campaigns.models import Campaign, CampaignProgress, CampaignRecipient, CampaignSnapshot, Quote, StoreLane
from campaigns.sample import for_strangers, values_of
from campaigns.services.find import may_send
from campaigns.services.links import freeze_links
from campaigns.snapshot import Planned, write
from campaigns.states import CAMPAIGN
from config.audit import Actor
from config.problems import InvalidFields
from config.queues import Task, ring


class Letter(NamedTuple):
    """What is sent.

    `kind`: test or direct; `sample`: the contact whose values fill it for strangers; the switches: see Campaign, and
    for `last_word` campaigns.services.direct.send_answer.
    """

    kind: str
    name: str
    message: str
    priority: int
    sample: int | None = None
    plain_values: bool = False
    short_links: bool = False
    last_word: bool = False


class Message(NamedTuple):
    """A recipient of a letter; parts and credits as held."""

    recipient_id: int
    phone: str | None
    parts: int
    credits: int


class Sent(NamedTuple):
    """The campaign that a letter became, and who is in it. `queue_state`: see Launched."""

    campaign: Campaign
    messages: list[Message]
    skipped: list[Number]
    credits_held: int
    queue_state: str


def read_numbers(to: Sequence[str], *, store: Store, kind: str) -> list[Number]:
    """The numbers as the store would read them, each once. Raises InvalidFields naming every one that is none."""
    phones: dict[str, Phone] = {}
    errors = []
    for n, text in enumerate(to):
        try:
            phone = normalise(text, country=store.country)
        except BadPhone as error:
            errors.append({"pointer": f"#/to/{n}", "detail": CODES[error.code], "code": error.code})
        else:
            phones[phone.e164] = phone
    if errors:
        raise InvalidFields(errors)
    return look_up(list(phones.values()), store_id=store.pk, kind=kind)


def send(
    letter: Letter,
    numbers: Sequence[Number],
    *,
    store: Store,
    actor: Actor,
    after: Callable[[Campaign], None] = lambda campaign: None,
) -> Sent:
    """Hold the price, write the recipients down and ring, in one transaction and a bounded number of statements.

    Numbers with a reason are left out. `after`: what else belongs into the transaction. Raises StoreStopped,
    InsufficientCredits; then there is no campaign.
    """
    may_send(store)
    now = timezone.now()
    wanted = [number for number in numbers if number.reason is None]
    skipped = [number for number in numbers if number.reason]
    with transaction.atomic(durable=True):
        campaign = _draft(letter, store=store, count=len(wanted), actor=actor)
        draft = Draft.of(campaign)
        planned = _plan(campaign, wanted, draft.content(), prices=price_table(now))
        quote = _quote(campaign, wanted, planned, skipped, now=now)
        freeze_links(campaign, draft)
        campaign = _launch(campaign, quote, draft, actor=actor, now=now)
        write(campaign, planned, reservation_id=campaign.reservation_id or 0)
        after(campaign)
    rows = CampaignRecipient.objects.filter(campaign=campaign).order_by("pk")
    messages = [Message(*row) for row in rows.values_list("pk", "phone", "parts", "credits")]
    taken = ring(Task.SEND_NEXT)
    return Sent(campaign, messages, skipped, quote.credits, "available" if taken else "unavailable")


def _draft(letter: Letter, *, store: Store, count: int, actor: Actor) -> Campaign:
    audience = {"kind": "numbers", "count": count} | ({"sample": letter.sample} if letter.sample else {})
    audience |= {"last_word": True} if letter.last_word else {}
    return Campaign.objects.create(
        store=store,
        name=letter.name,
        kind=letter.kind,
        message=letter.message,
        plain_values=letter.plain_values,
        short_links=letter.short_links,
        priority=letter.priority,
        audience=audience,
        created_by=actor.name,
    )


def _plan(campaign: Campaign, numbers: Sequence[Number], content: Content, *, prices: PriceTable) -> list[Planned]:
    own = values_of([number.contact_id for number in numbers if number.contact_id], content)
    strangers = for_strangers(campaign, content)
    planned = []
    for number in numbers:
        parts = content.parts(own.get(number.contact_id or 0, strangers))
        credits = parts * prices.credits_per_part(number.country)
        planned.append(Planned(number.contact_id, number.phone, parts, credits))
    return planned


def _quote(
    campaign: Campaign,
    numbers: Sequence[Number],
    planned: Sequence[Planned],
    skipped: Sequence[Number],
    *,
    now: datetime,
) -> Quote:
    """The price of just these, for the books: the hold of every launch equals a quote."""
    return Quote.objects.create(
        store_id=campaign.store_id,
        campaign_id=campaign.pk,
        content_hash=Draft.of(campaign).content_hash,
        audience_hash="",
        price_hash=price_table(now).fingerprint,
        audience_bound=0,
        recipients=len(planned),
        parts=sum(person.parts for person in planned),
        credits=sum(person.credits for person in planned),
        exclusions=dict(Counter(number.reason for number in skipped)),
        parts_histogram=Counter(str(person.parts) for person in planned),
        countries=_countries(numbers, planned),
        created_at=now,
        expires_at=now,
    )


def _countries(numbers: Sequence[Number], planned: Sequence[Planned]) -> list[dict[str, Any]]:
    by_country: dict[str, list[Planned]] = {}
    for number, person in zip(numbers, planned, strict=True):
        by_country.setdefault(number.country, []).append(person)
    return [
        {
            "country": country,
            "recipients": len(people),
            "parts": sum(person.parts for person in people),
            "credits_per_part": people[0].credits // people[0].parts,
            "credits": sum(person.credits for person in people),
        }
        for country, people in sorted(by_country.items())
    ]


def _launch(campaign: Campaign, quote: Quote, draft: Draft, *, actor: Actor, now: datetime) -> Campaign:
    """draft → sending with everybody counted: there is no snapshot to go on with. The order of locks of a launch."""
    totals: dict[str, Any] = {"recipients": quote.recipients, "credits": quote.credits}
    StoreLane.objects.get_or_create(store_id=campaign.store_id, priority=campaign.priority)
    CampaignProgress.objects.create(campaign=campaign)
    CampaignSnapshot.objects.create(campaign=campaign, bound=0, **totals, created_at=now, touched_at=now, done_at=now)
    history.append(campaign, "launch", before="draft", after="sending", actor=actor, **totals)
    key, label = f"campaign:{campaign.pk}:1", campaign.name
    reservation = hold(store_id=campaign.store_id, amount=quote.credits, key=key, label=label)
    columns = {"quote": quote, "reservation": reservation, "run": 1, "sender": campaign.store.sender}
    columns |= draft.frozen_links
    CAMPAIGN.move(Campaign.objects.filter(pk=campaign.pk), "launch", **columns, started_at=now, updated_at=now)
    return Campaign.objects.select_related("store", "quote").get(pk=campaign.pk)
