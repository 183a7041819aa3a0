"""Planning: by the store's clock or the recipients', for a price agreed to, for who belongs now."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from audiences.models import Contact, FrozenMember, Store
from campaigns.errors import InvalidStatus, QuoteChanged
from campaigns.models import Campaign, CampaignEvent
from campaigns.quotes import Draft, make_quote
from campaigns.services.edit import edit
from campaigns.services.launch import launch
from campaigns.services.schedule import Plan, unschedule
from config.audit import SYSTEM
from config.problems import InvalidFields
from tests.campaigns.planning import NINE, SOON, come_due, planned
from tests.factories import CampaignFactory, ContactFactory
from tests.steps import money

pytestmark = pytest.mark.django_db


def quote_of(campaign: Campaign) -> int:
    """The id of the price that a merchant is shown."""
    return make_quote(store=campaign.store, draft=Draft.of(campaign), campaign_id=campaign.pk).pk


# when -----------------------------------------------------------------------------------------------------------------


def test_a_time_without_a_zone_is_by_the_stores_clock(store: Store) -> None:
    campaign = planned(CampaignFactory.create(store=store), Plan(NINE))

    assert campaign.send_at == campaign.next_try_at == datetime(2999, 7, 1, 6, tzinfo=UTC)
    assert (campaign.local_at, campaign.audience_mode, campaign.max_credits) == ("", "launch", None)


def test_the_time_of_a_draft_is_by_the_stores_clock_too(store: Store) -> None:
    campaign = CampaignFactory.create(store=store)

    edit(store_id=store.pk, campaign_id=campaign.pk, fields={"send_at": NINE}, actor=SYSTEM)

    assert Campaign.objects.get(pk=campaign.pk).send_at == datetime(2999, 7, 1, 6, tzinfo=UTC)


def test_by_the_recipients_clocks_it_is_due_with_the_first_of_them(store: Store) -> None:
    for country, zone in [("GR", ""), ("JP", ""), ("US", "America/New_York")]:
        ContactFactory.create(store=store, country=country, time_zone=zone)
    campaign = CampaignFactory.create(store=store)

    moved = planned(campaign, Plan(NINE, local=True))

    assert (moved.local_at, moved.send_at) == ("2999-07-01T09:00:00", datetime(2999, 7, 1, 0, tzinfo=UTC))
    facts = CampaignEvent.objects.get(campaign=campaign, event="schedule").facts
    assert (facts["local_at"], facts["send_at"]) == ("2999-07-01T09:00:00", "2999-07-01T00:00:00+00:00")


def test_a_moment_by_the_recipients_clocks_is_what_the_store_sees_then(store: Store) -> None:
    ContactFactory.create(store=store, country="JP")

    moved = planned(CampaignFactory.create(store=store), Plan(datetime(2999, 7, 1, 6, tzinfo=UTC), local=True))

    assert moved.local_at == "2999-07-01T09:00:00"


def test_who_gets_nothing_does_not_make_it_earlier(store: Store) -> None:
    ContactFactory.create(store=store)
    ContactFactory.create(store=store, country="JP", consent="opted_out")

    moved = planned(CampaignFactory.create(store=store), Plan(NINE, local=True))

    assert moved.send_at == datetime(2999, 7, 1, 6, tzinfo=UTC)


def test_without_recipients_it_is_due_by_the_stores_clock(store: Store) -> None:
    moved = planned(CampaignFactory.create(store=store), Plan(NINE, local=True))

    assert moved.send_at == datetime(2999, 7, 1, 6, tzinfo=UTC)


def test_a_time_that_has_passed_for_somebody_is_refused(store: Store) -> None:
    ContactFactory.create(store=store)
    ContactFactory.create(store=store, time_zone="Pacific/Kiritimati")
    campaign = CampaignFactory.create(store=store)
    here = timezone.now() + timedelta(hours=5)  # on Kiritimati the same hour was eleven or twelve hours ago

    with pytest.raises(InvalidFields) as caught:
        planned(campaign, Plan(here, local=True))

    [error] = caught.value.facts["errors"]
    assert (error["pointer"], error["code"]) == ("#/send_at", "past")
    assert "Pacific/Kiritimati" in error["detail"]
    assert Campaign.objects.get(pk=campaign.pk).status == "draft"


def test_the_time_of_a_campaign_by_recipients_clocks_is_moved_by_scheduling_it_again(store: Store) -> None:
    campaign = planned(CampaignFactory.create(store=store), Plan(NINE, local=True))

    with pytest.raises(InvalidFields) as caught:
        edit(store_id=store.pk, campaign_id=campaign.pk, fields={"send_at": SOON}, actor=SYSTEM)

    assert caught.value.facts["errors"][0]["code"] == "local"
    assert planned(campaign).local_at == ""


def test_sending_now_forgets_the_recipients_clocks(store: Store) -> None:
    campaign = planned(CampaignFactory.create(store=store, people=2), Plan(NINE, local=True))

    launch(store_id=store.pk, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.local_at) == ("sending", "")
    assert not campaign.batches.filter(ready_at__gt=timezone.now()).exists()


def test_unscheduling_forgets_the_plan_but_its_time(store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=2)
    planned(campaign, Plan(NINE, local=True, frozen=True, quote_id=quote_of(campaign)))

    moved = unschedule(store_id=store.pk, campaign_id=campaign.pk, actor=SYSTEM)

    assert (moved.status, moved.local_at, moved.max_credits, moved.frozen, moved.next_try_at) == (
        "draft",
        "",
        None,
        None,
        None,
    )
    assert moved.send_at == datetime(2999, 7, 1, 6, tzinfo=UTC)
    assert not FrozenMember.objects.exists()


# for how much ---------------------------------------------------------------------------------------------------------


def test_it_does_not_start_for_more_than_was_agreed_to(store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=2)
    planned(campaign, quote_id=quote_of(campaign))
    ContactFactory.create(store=store)

    after = come_due(campaign)

    assert (after.status, after.max_credits) == ("scheduled", 2)
    assert after.reason == "QUOTE_CHANGED: It would cost 3 credits; 2 were agreed to."
    event = CampaignEvent.objects.get(campaign=campaign, event="postpone")
    assert (event.before, event.after, event.reason, event.actor) == (
        "scheduled",
        "scheduled",
        after.reason,
        "system",
    )
    assert money(campaign) == (1000, 0)


def test_the_same_reason_again_is_no_new_event(store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=2)
    planned(campaign, quote_id=quote_of(campaign))
    ContactFactory.create(store=store)

    come_due(campaign)
    come_due(campaign)

    assert CampaignEvent.objects.filter(campaign=campaign, event="postpone").count() == 1


def test_for_less_it_starts(store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=3)
    planned(campaign, quote_id=quote_of(campaign))
    Contact.objects.filter(pk=Contact.objects.earliest("pk").pk).update(consent="opted_out")

    assert come_due(campaign).status == "sending"
    assert money(campaign) == (1000, 2)


def test_a_quote_of_another_text_is_no_agreement(store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=2)
    quote_id = quote_of(campaign)
    edit(store_id=store.pk, campaign_id=campaign.pk, fields={"message": "Other"}, actor=SYSTEM)

    with pytest.raises(QuoteChanged):
        planned(campaign, quote_id=quote_id)

    assert Campaign.objects.get(pk=campaign.pk).status == "draft"


@pytest.mark.parametrize("how", [{"quote": True}, {"frozen": True}])
def test_what_the_agreement_is_about_cannot_be_changed(store: Store, how: dict[str, bool]) -> None:
    campaign = CampaignFactory.create(store=store, people=2, message="Hello")
    planned(campaign, frozen="frozen" in how, quote_id=quote_of(campaign) if "quote" in how else None)

    for fields in [{"message": "Other"}, {"on_missing": "skip"}, {"kind": "service"}]:
        with pytest.raises(InvalidStatus):
            edit(store_id=store.pk, campaign_id=campaign.pk, fields=fields, actor=SYSTEM)
    edit(store_id=store.pk, campaign_id=campaign.pk, fields={"name": "New", "message": "Hello"}, actor=SYSTEM)

    after = Campaign.objects.get(pk=campaign.pk)
    assert (after.name, after.message, after.status) == ("New", "Hello", "scheduled")
