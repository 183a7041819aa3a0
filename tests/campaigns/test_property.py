"""Whatever changes between quote, launch and batch: quote = hold = charged + released, to the credit."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.models import Contact
from billing.models import CreditReservation, Price
from campaigns.errors import InvalidStatus, NoRecipients, QuoteChanged
from campaigns.hold import close_orphans
from campaigns.models import Campaign, CampaignRecipient
from campaigns.quotes import Draft, make_quote
from campaigns.services.finish import close_cancelled, finish
from campaigns.services.launch import launch
from campaigns.services.moves import cancel
from campaigns.snapshot import prepare
from config.audit import SYSTEM
from messaging.sending.claim import claim
from messaging.sending.settle import settle
from messaging.unknown import give_up_overdue
from providers.interface import Accepted, Outcome, Refused, Unsure
from tests.factories import CampaignFactory, ContactFactory, StoreFactory
from tests.steps import due_now, marked, money, settlement

pytestmark = pytest.mark.django_db
NAME = st.text(alphabet="Elenόσ👩€ ", max_size=60)
PEOPLE = st.lists(st.tuples(NAME, st.sampled_from(["GR", "DE"])), min_size=1, max_size=7)
MESSAGE = st.sampled_from(["Hi {{first_name}}", "{{first_name|φίλε}} " + "x" * 140, "€" * 80 + "{{first_name}}"])
CHANGES = st.lists(
    st.tuples(st.sampled_from(["rename", "opt_out", "opt_in", "price", "join"]), st.integers(0, 6), NAME), max_size=3
)
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


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    people=PEOPLE,
    message=MESSAGE,
    on_missing=st.sampled_from(["blank", "skip"]),
    before=CHANGES,
    during=CHANGES,
    after=CHANGES,
    outcomes=st.lists(OUTCOME, min_size=1, max_size=4),
    cancelled_after=st.integers(0, 6),
)
def test_every_credit_is_charged_or_given_back(
    db: None,
    settings: Any,
    people: list[tuple[str, str]],
    message: str,
    on_missing: str,
    before: list[tuple[str, int, str]],
    during: list[tuple[str, int, str]],
    after: list[tuple[str, int, str]],
    outcomes: list[Outcome],
    cancelled_after: int,
) -> None:
    settings.SNAPSHOT_INLINE_MAX, settings.SNAPSHOT_CHUNK = 0, 3
    Price.objects.all().delete()
    campaign = CampaignFactory.create(store=StoreFactory.create(), message=message, on_missing=on_missing)
    for name, country in people:
        ContactFactory.create(store=campaign.store, first_name=name, country=country)
    quote = make_quote(store=campaign.store, draft=Draft.of(campaign), campaign_id=campaign.pk)
    for one in before:
        change(campaign, *one)
    opening = money(campaign)[0]

    try:
        launched = launch(store_id=campaign.store_id, campaign_id=campaign.pk, quote_id=quote.pk, actor=SYSTEM)
    except (QuoteChanged, NoRecipients):
        assert money(campaign) == (opening, 0)
        return
    hold = CreditReservation.objects.get(key=f"campaign:{campaign.pk}:1")
    assert hold.amount == launched.credits_held == money(campaign)[1]
    for one in during:
        change(campaign, *one)
    prepare(campaign.pk)
    for one in after:
        change(campaign, *one)
    sent(campaign, outcomes, cancelled_after=cancelled_after)
    give_up_overdue(limit=99, deadline_hours=0)
    try_to_cancel(campaign)  # one that was paused because its audience outgrew the hold
    close_cancelled(limit=99)
    close_orphans(limit=99)

    hold.refresh_from_db()
    charged = sum(CampaignRecipient.objects.filter(campaign=campaign).values_list("charged", flat=True))
    assert (hold.state, hold.charged, hold.charged + hold.released) == ("closed", charged, hold.amount)
    assert money(campaign) == (opening - charged, 0)
    assert not CampaignRecipient.objects.filter(campaign=campaign, status__in=["pending", "unknown"]).exists()
