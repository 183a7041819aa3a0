"""A quote covers what it was made of: whatever changed since is refused, with the difference."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from audiences.models import Store
from audiences.services.consent import change_consent
from billing.models import Price
from campaigns.errors import QuoteChanged, QuoteRequired
from campaigns.models import Campaign, Quote
from campaigns.quotes import Draft, make_quote
from campaigns.services.edit import edit
from campaigns.services.launch import start
from config.audit import SYSTEM
from config.opaque import private_id
from tests.campaigns.roads import go, quote_of, refused
from tests.factories import CampaignFactory, ContactFactory, ContactListFactory
from tests.steps import money

pytestmark = pytest.mark.django_db


def another_message(campaign: Campaign) -> None:
    edit(store_id=campaign.store_id, campaign_id=campaign.pk, fields={"message": "Bye"}, actor=SYSTEM)


def another_kind(campaign: Campaign) -> None:
    edit(store_id=campaign.store_id, campaign_id=campaign.pk, fields={"kind": "service"}, actor=SYSTEM)


def other_people(campaign: Campaign) -> None:
    audience = {"kind": "list", "id": ContactListFactory.create(store=campaign.store).pk, "exclude": []}
    edit(store_id=campaign.store_id, campaign_id=campaign.pk, fields={"audience": audience}, actor=SYSTEM)


@pytest.mark.parametrize(
    ("change", "changed", "credits"),
    [(another_message, "content", 2), (another_kind, "content", 2), (other_people, "audience", 0)],
)
def test_refuses_a_quote_for_another_content(change: Callable[[Campaign], None], changed: str, credits: int) -> None:
    campaign = CampaignFactory.create(people=2)
    quote = quote_of(campaign)
    change(campaign)

    difference = refused(QuoteChanged, campaign, quote).facts["difference"]

    assert difference["changed"] == [changed]
    assert difference["credits"] == {"quoted": 2, "now": credits}


def test_another_opt_out_text_is_another_content() -> None:
    campaign = CampaignFactory.create(people=2)
    quote = quote_of(campaign)
    Store.objects.filter(pk=campaign.store_id).update(opt_out_text="Opt out: reply STOP")

    assert refused(QuoteChanged, campaign, quote).facts["difference"]["changed"] == ["content"]


def test_the_quote_that_a_refusal_names_may_be_presented() -> None:
    campaign = CampaignFactory.create(people=2)
    quote = quote_of(campaign)
    ContactFactory.create(store=campaign.store)
    shown = refused(QuoteChanged, campaign, quote).facts["difference"]["quote_id"]

    fresh = Quote.objects.get(pk=private_id(shown, kind="quo") or 0)

    assert go(campaign, fresh).credits_held == 3


@pytest.mark.parametrize("change", [another_message, other_people])
def test_an_edit_between_the_check_and_the_lock_is_noticed(change: Callable[[Campaign], None]) -> None:
    campaign = CampaignFactory.create(people=2)
    quote = quote_of(campaign)
    change(campaign)

    with pytest.raises(QuoteChanged):
        start(store_id=campaign.store_id, campaign_id=campaign.pk, quote=quote, actor=SYSTEM)

    assert money(campaign) == (1000, 0)


def test_refuses_a_quote_when_somebody_joined() -> None:
    campaign = CampaignFactory.create(people=2)
    quote = quote_of(campaign)
    ContactFactory.create(store=campaign.store)

    difference = refused(QuoteChanged, campaign, quote).facts["difference"]

    assert difference["changed"] == ["contacts"]
    assert difference["recipients"] == {"quoted": 2, "now": 3}
    assert difference["credits"] == {"quoted": 2, "now": 3}


def test_refuses_a_quote_when_somebody_opted_out() -> None:
    campaign = CampaignFactory.create(people=2)
    quote = quote_of(campaign)
    contact_id = campaign.store.contacts.earliest("pk").pk
    change_consent(store_id=campaign.store_id, contact_id=contact_id, consent="opted_out", source="api", actor=SYSTEM)

    difference = refused(QuoteChanged, campaign, quote).facts["difference"]

    assert difference["exclusions"] == {"quoted": {}, "now": {"opted_out": 1}}


def test_refuses_a_quote_when_the_price_changed() -> None:
    campaign = CampaignFactory.create(people=2)
    quote = quote_of(campaign)
    Price.objects.create(country="GR", credits_per_part=3)

    difference = refused(QuoteChanged, campaign, quote).facts["difference"]

    assert difference["changed"] == ["prices"]
    assert difference["credits"] == {"quoted": 2, "now": 6}


def test_a_change_that_costs_nothing_does_not_matter() -> None:
    campaign = CampaignFactory.create(people=2)
    quote = quote_of(campaign)
    Price.objects.create(country="JP", credits_per_part=9)

    assert go(campaign, quote).credits_held == 2


def test_refuses_an_expired_quote() -> None:
    campaign = CampaignFactory.create(people=2)
    quote = quote_of(campaign)
    Quote.objects.filter(pk=quote.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    difference = refused(QuoteChanged, campaign, quote).facts["difference"]

    assert (difference["changed"], bool(difference["expired_at"])) == (["expired"], True)


def test_refuses_the_quote_of_another_campaign(store: Store) -> None:
    campaign, other = CampaignFactory.create(store=store, people=1), CampaignFactory.create(store=store)

    assert refused(QuoteChanged, campaign, quote_of(other)).facts == {"difference": {"changed": ["campaign"]}}


def test_refuses_the_quote_of_another_store(other_store: Store) -> None:
    campaign, other = CampaignFactory.create(people=1), CampaignFactory.create(store=other_store, people=1)

    refused(QuoteChanged, campaign, make_quote(store=other_store, draft=Draft.of(other)))


def test_a_large_audience_needs_a_quote(settings: Settings) -> None:
    settings.QUOTE_INLINE_MAX = 2
    campaign = CampaignFactory.create(people=3)

    assert refused(QuoteRequired, campaign).facts == {"largest": 2}

    assert go(campaign, quote_of(campaign)).recipients == 3


def test_a_changed_large_audience_is_not_counted_again_in_passing(settings: Settings) -> None:
    settings.QUOTE_INLINE_MAX = 2
    campaign = CampaignFactory.create(people=3)
    quote = quote_of(campaign)
    ContactFactory.create(store=campaign.store)

    problem = refused(QuoteChanged, campaign, quote)

    assert "too large to be counted again" in problem.detail
    assert problem.facts["difference"]["changed"] == ["contacts"]
    assert problem.facts["difference"]["credits"] == {"quoted": 3, "now": None}
    assert problem.facts["difference"]["quote_id"] is None
