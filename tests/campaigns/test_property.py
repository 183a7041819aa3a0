"""Whatever changes between quote, launch and batch: quote = hold = charged + released, to the credit."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.models import Contact, Store
from billing.models import CreditReservation, Price
from campaigns.content import tidy
from campaigns.drafts import Draft
from campaigns.errors import InvalidStatus, NoRecipients, QuoteChanged
from campaigns.hold import close_orphans
from campaigns.models import Campaign, CampaignRecipient, Quote
from campaigns.services.edit import edit
from campaigns.services.finish import close_cancelled, finish
from campaigns.services.launch import launch
from campaigns.services.moves import cancel
from campaigns.snapshot import prepare
from config.audit import SYSTEM
from messaging.sending.claim import claim
from messaging.sending.settle import settle
from messaging.unknown import give_up_overdue
from providers.interface import Accepted, Outcome, Refused, Unsure
from tests.campaigns.roads import quote_of
from tests.factories import CampaignFactory, ContactFactory, ContactListFactory, StoreFactory
from tests.steps import due_now, marked, money, settlement

pytestmark = pytest.mark.django_db
NAME = st.text(alphabet="Elenόσ👩€ ", max_size=60)
PEOPLE = st.lists(st.tuples(NAME, st.sampled_from(["GR", "DE"])), min_size=1, max_size=7)
LITERAL = st.builds(
    lambda piece, times: piece * times, st.sampled_from(["x", "€", "ό", "👩🏽", "“a” ", "e\u0301"]), st.integers(0, 90)
)
SLOT = st.sampled_from(["{{first_name}}", "{{first_name|φίλε}}", "{{last_name|}}", ""])
MESSAGE = st.builds("{}Hi {} {}".format, LITERAL, SLOT, LITERAL)
EVENTS = ["rename", "opt_out", "opt_in", "price", "join", "opt_out_text"]
EDITS = ["message", "kind", "on_missing", "plain_values", "audience"]


def changes(*what: str) -> "st.SearchStrategy[list[tuple[str, int, str]]]":
    """Up to three of these, each with a place and a name."""
    return st.lists(st.tuples(st.sampled_from(what), st.integers(0, 6), NAME), max_size=3)


OUTCOME: st.SearchStrategy[Outcome] = st.sampled_from(
    [
        Accepted("m-1"),
        Refused("invalid_number", "7", retryable=False),
        Refused("provider_error", "busy", retryable=True),
        Unsure("timeout"),
    ]
)


def change(campaign: Campaign, what: str, place: int, name: str) -> None:
    """One thing that a merchant, a person or staff may do at any moment."""
    rows = Contact.objects.filter(store=campaign.store).order_by("pk")
    one = rows.filter(pk=rows[place % rows.count()].pk)
    match what:
        case "rename":
            one.update(first_name=name)
        case "opt_out":
            one.update(consent="opted_out")
        case "opt_in":
            one.update(consent="opted_in")
        case "join":
            ContactFactory.create(store=campaign.store, first_name=name)
        case "price":
            Price.objects.create(country="GR", credits_per_part=1 + place)
        case "opt_out_text":
            Store.objects.filter(pk=campaign.store_id).update(opt_out_text="Stop… " * place)
        case _:
            edit(store_id=campaign.store_id, campaign_id=campaign.pk, fields=edited(campaign, what), actor=SYSTEM)


def edited(campaign: Campaign, what: str) -> dict[str, Any]:
    """What the merchant writes into one field: something else than what is there."""
    there = Campaign.objects.get(pk=campaign.pk)
    list_id = ContactListFactory.create(store=campaign.store).pk
    fields = {
        "message": f"{there.message}!",
        "kind": "service" if there.kind == "marketing" else "marketing",
        "on_missing": "skip" if there.on_missing == "blank" else "blank",
        "plain_values": not there.plain_values,
        "audience": {"kind": "all", "exclude": [{"kind": "list", "id": list_id}]},
    }
    return {what: fields[what]}


def assert_refused_truly(campaign: Campaign, quote: Quote, problem: QuoteChanged) -> None:
    """The difference is what quoting again gives, and what it says has changed did."""
    difference = problem.facts["difference"]
    fresh = quote_of(Campaign.objects.get(pk=campaign.pk))
    for name in ("recipients", "parts", "credits", "exclusions"):
        assert difference[name] == {"quoted": getattr(quote, name), "now": getattr(fresh, name)}
    assert ("content" in difference["changed"]) == (quote.content_hash != fresh.content_hash)
    assert ("prices" in difference["changed"]) == (quote.price_hash != fresh.price_hash)


def sent(campaign: Campaign, outcomes: list[Outcome], *, cancelled_after: int) -> None:
    """Send batch by batch, each recipient's outcome from the list in turn; after a while somebody cancels."""
    for turn in range(12):
        if turn == cancelled_after:
            try_to_cancel(campaign)
        work = claim("worker")
        if work is None:
            break
        if work.people:
            marked(work)
            said = [outcomes[(number + turn) % len(outcomes)] for number in range(len(work.people))]
            settle(settlement(work, said))
        finish(campaign.pk)
        due_now(campaign)
    close_cancelled(limit=99)
    finish(campaign.pk)


def try_to_cancel(campaign: Campaign) -> None:
    with suppress(InvalidStatus):  # it has ended
        cancel(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)


def brought_to_an_end(campaign: Campaign) -> None:
    give_up_overdue(limit=99, deadline_hours=0)
    try_to_cancel(campaign)  # one that was paused because its audience outgrew the hold
    close_cancelled(limit=99)
    close_orphans(limit=99)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    people=PEOPLE,
    message=MESSAGE,
    on_missing=st.sampled_from(["blank", "skip"]),
    opt_out_text=st.sampled_from(["", "Opt out: STOP", "Διαγραφή"]),
    plain_values=st.booleans(),
    before=st.just([]) | changes(*EVENTS, *EDITS),
    during=changes(*EVENTS),
    after=changes(*EVENTS),
    outcomes=st.lists(OUTCOME, min_size=1, max_size=4),
    cancelled_after=st.integers(0, 6),
)
def test_every_credit_is_charged_or_given_back(
    db: None,
    settings: Any,
    people: list[tuple[str, str]],
    message: str,
    on_missing: str,
    opt_out_text: str,
    plain_values: bool,
    before: list[tuple[str, int, str]],
    during: list[tuple[str, int, str]],
    after: list[tuple[str, int, str]],
    outcomes: list[Outcome],
    cancelled_after: int,
) -> None:
    settings.SNAPSHOT_INLINE_MAX, settings.SNAPSHOT_CHUNK = 0, 3
    Price.objects.all().delete()
    store = StoreFactory.create(opt_out_text=opt_out_text)
    columns = {"message": tidy(message), "on_missing": on_missing, "plain_values": plain_values}
    campaign = CampaignFactory.create(store=store, credits=20_000, **columns)
    for name, country in people:
        ContactFactory.create(store=campaign.store, first_name=name, country=country)
    quote = quote_of(campaign)
    for one in before:
        change(campaign, *one)
    opening = money(campaign)[0]

    try:
        launched = launch(store_id=campaign.store_id, campaign_id=campaign.pk, quote_id=quote.pk, actor=SYSTEM)
    except (QuoteChanged, NoRecipients) as problem:
        assert money(campaign) == (opening, 0)
        if isinstance(problem, QuoteChanged):
            assert_refused_truly(campaign, quote, problem)
        return
    now = Draft.of(Campaign.objects.get(pk=campaign.pk))
    assert quote.content_hash == now.content_hash  # whatever was edited was edited back
    hold = CreditReservation.objects.get(key=f"campaign:{campaign.pk}:1")
    assert hold.amount == launched.credits_held == money(campaign)[1]
    for one in during:
        change(campaign, *one)
    prepare(campaign.pk)
    for one in after:
        change(campaign, *one)
    sent(campaign, outcomes, cancelled_after=cancelled_after)
    brought_to_an_end(campaign)

    hold.refresh_from_db()
    charged = sum(CampaignRecipient.objects.filter(campaign=campaign).values_list("charged", flat=True))
    assert (hold.state, hold.charged, hold.charged + hold.released) == ("closed", charged, hold.amount)
    assert money(campaign) == (opening - charged, 0)
    assert not CampaignRecipient.objects.filter(campaign=campaign, status__in=["pending", "unknown"]).exists()
