"""Launch: the hold equals the quote, and every refusal leaves everything as it was."""

import pytest
from pytest_django.fixtures import Settings

from audiences.models import Store
from billing.errors import InsufficientCredits
from billing.models import CreditReservation
from campaigns.errors import (
    AlreadySending,
    InvalidStatus,
    NoMessageText,
    NoRecipients,
    StoreStopped,
)
from campaigns.models import Campaign, CampaignEvent, CampaignRecipient, SendBatch
from campaigns.quotes import Draft, make_quote
from campaigns.services.launch import launch
from config.audit import Actor
from config.models import AuditEvent
from config.problems import NotFound
from tests.campaigns.roads import go, quote_of, refused
from tests.factories import CampaignFactory, ContactFactory
from tests.steps import launched, money

pytestmark = pytest.mark.django_db


def test_it_holds_exactly_the_quote() -> None:
    campaign = CampaignFactory.create(people=3, message="x" * 161)
    quote = quote_of(campaign)

    answer = go(campaign, quote)

    assert (answer.recipients, answer.credits_held, quote.credits) == (3, 6, 6)
    assert answer.campaign.status == "sending"
    assert answer.campaign.reservation
    assert (answer.campaign.reservation.amount, answer.campaign.quote_id) == (6, quote.pk)
    assert money(campaign) == (1000, 6)


def test_without_a_quote_a_small_audience_is_priced_in_passing() -> None:
    answer = go(CampaignFactory.create(people=2))

    assert (answer.recipients, answer.credits_held) == (2, 2)


def test_a_quote_made_before_the_campaign_was_saved_may_be_presented() -> None:
    campaign = CampaignFactory.create(people=2)
    quote = make_quote(store=campaign.store, draft=Draft.of(campaign))

    assert go(campaign, quote).campaign.quote_id == quote.pk


def test_everybody_is_written_down_once_as_pending() -> None:
    campaign = launched(people=45)

    recipients = CampaignRecipient.objects.filter(campaign=campaign)
    assert recipients.count() == recipients.values("phone").distinct().count() == 45
    assert set(recipients.values_list("status", "parts", "credits", "charged")) == {("pending", 1, 1, 0)}
    assert sorted(SendBatch.objects.filter(campaign=campaign).values_list("state", "size")) == [
        ("ready", 5),
        ("ready", 20),
        ("ready", 20),
    ]


def test_the_sender_of_this_moment_is_frozen(store: Store) -> None:
    campaign = launched(store=store)

    Store.objects.filter(pk=store.pk).update(sender="Other")

    assert Campaign.objects.get(pk=campaign.pk).sender == "Shop"


def test_history_and_audit_say_who_launched_what(actor: Actor) -> None:
    campaign = CampaignFactory.create(people=2)

    launch(store_id=campaign.store_id, campaign_id=campaign.pk, quote_id=None, actor=actor)

    [event] = CampaignEvent.objects.filter(campaign=campaign)
    assert (event.event, event.before, event.after, event.actor) == ("launch", "draft", "sending", "user:7")
    assert event.facts == {"recipients": 2, "credits": 2}
    audit = AuditEvent.objects.get(action="campaign.launch")
    assert (audit.subject, audit.actor, audit.ip) == (f"campaign:{campaign.pk}", "user:7", "192.0.2.7")


@pytest.mark.parametrize("message", ["", " \n "])
def test_refuses_an_empty_message(message: str) -> None:
    refused(NoMessageText, CampaignFactory.create(people=1, message=message))


def test_refuses_an_audience_of_nobody() -> None:
    campaign = CampaignFactory.create()
    ContactFactory.create(store=campaign.store, consent="opted_out")

    assert refused(NoRecipients, campaign).facts == {"exclusions": {"opted_out": 1}}


def test_refuses_when_credits_are_short() -> None:
    campaign = CampaignFactory.create(people=5, credits=4)

    problem = refused(InsufficientCredits, campaign)

    assert problem.facts == {"required": 5, "available": 4, "missing": 1}


def test_the_last_credit_is_enough() -> None:
    campaign = launched(people=5, credits=5)

    assert money(campaign) == (5, 5)


@pytest.mark.parametrize("status", ["sending", "paused"])
def test_a_second_launch_is_told_that_it_is_already_sending(status: str) -> None:
    campaign = launched(people=2)
    Campaign.objects.filter(pk=campaign.pk).update(status=status)

    with pytest.raises(AlreadySending) as caught:
        go(campaign)

    assert caught.value.facts == {"campaign_status": status}
    assert money(campaign) == (1000, 2)
    assert CampaignRecipient.objects.count() == 2


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_what_has_ended_is_not_launched_again(status: str) -> None:
    campaign = launched(people=2)
    Campaign.objects.filter(pk=campaign.pk).update(status=status)

    with pytest.raises(InvalidStatus):
        go(campaign)

    assert CreditReservation.objects.count() == 1


@pytest.mark.parametrize("columns", [{"status": "suspended"}, {"sending_stopped": True}])
def test_refuses_a_stopped_store(columns: dict[str, object]) -> None:
    campaign = CampaignFactory.create(people=1)
    Store.objects.filter(pk=campaign.store_id).update(**columns)

    refused(StoreStopped, campaign)


def test_another_stores_campaign_does_not_exist(other_store: Store) -> None:
    campaign = CampaignFactory.create(people=1)

    with pytest.raises(NotFound):
        go(campaign, store_id=other_store.pk)

    assert Campaign.objects.get(pk=campaign.pk).status == "draft"


def test_a_large_audience_is_written_down_by_a_task(settings: Settings) -> None:
    settings.SNAPSHOT_INLINE_MAX = 2
    campaign = launched(people=3)

    assert (campaign.status, CampaignRecipient.objects.count()) == ("sending", 0)
    assert money(campaign) == (1000, 3)
