"""Campaigns to segments: what was counted is what is sent, and what cannot be understood is for nobody."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from audiences import audience
from audiences.errors import AudienceInvalid
from audiences.models import Contact, Segment, Store
from audiences.segments.grammar import parse
from audiences.segments.sight import sight_of
from audiences.services.lists import change_members
from audiences.services.segments import create_segment, delete_segment, update_segment
from audiences.services.stores import update_store
from campaigns.errors import NoRecipients, QuoteChanged
from campaigns.models import Campaign, CampaignSnapshot
from campaigns.services.schedule import Plan, schedule
from campaigns.snapshot import prepare
from config.audit import SYSTEM
from config.opaque import public_id
from config.problems import InvalidFields
from messaging.models import Click
from tests.campaigns.roads import go, handed_over, quote_of, recipients, refused, to_segment
from tests.factories import (
    CampaignFactory,
    ContactFactory,
    ContactListFactory,
    SegmentFactory,
)

pytestmark = pytest.mark.django_db
ADULTS = {"rule": "age", "at_least": 18}


def texted(campaign: Campaign) -> list[int]:
    """Contacts who are written down."""
    return list(recipients(campaign).values_list("contact_id", flat=True))


def versions(segment: Segment, at: datetime | None = None) -> str:
    return audience.version(store_id=segment.store_id, audience={"kind": "segment", "id": segment.pk}, at=at)


def test_a_campaign_goes_to_the_segment_without_what_it_excludes(store: Store) -> None:
    anna = ContactFactory.create(store=store, gender="female", language="el")
    ContactFactory.create(store=store, gender="female", language="en")
    ContactFactory.create(store=store, gender="male", language="el")
    english = SegmentFactory.create(store=store, rules={"rule": "language", "is": ["en"]})
    campaign = to_segment(SegmentFactory.create(store=store))
    exclude = [{"kind": "segment", "id": english.pk}]
    Campaign.objects.filter(pk=campaign.pk).update(audience={**campaign.audience, "exclude": exclude})
    campaign.refresh_from_db()

    launched = go(campaign, quote_of(campaign))

    assert (launched.recipients, texted(campaign)) == (1, [anna.pk])


def test_a_system_segment_is_an_audience_too(store: Store) -> None:
    him = ContactFactory.create(store=store, gender="male")
    ContactFactory.create(store=store, gender="female")
    said = {"segment": "sys:all", "exclude": [{"segment": "sys:women"}]}

    stored = audience.parse(store_id=store.pk, data=said)
    campaign = CampaignFactory.create(store=store, audience=stored)
    go(campaign)

    assert audience.show(stored) == said
    assert texted(campaign) == [him.pk]


@pytest.mark.parametrize("said", ["seg_x", "sys:", "sys:nobody", "women", 7, None, ["sys:all"]])
def test_what_names_no_segment_is_nobody_s_audience(store: Store, said: Any) -> None:
    with pytest.raises(AudienceInvalid):
        audience.parse(store_id=store.pk, data={"segment": said})
    with pytest.raises(AudienceInvalid):
        audience.parse(store_id=store.pk, data={"all": True, "exclude": [{"segment": said}]})


def test_everybody_cannot_be_excluded_by_its_key_either(store: Store) -> None:
    with pytest.raises(AudienceInvalid):
        audience.parse(store_id=store.pk, data={"all": True, "exclude": [{"segment": "sys:all"}]})


def test_a_large_segment_is_walked_in_stretches_without_gap_or_doubles(store: Store, settings: Any) -> None:
    settings.SNAPSHOT_CHUNK, settings.SNAPSHOT_INLINE_MAX = 3, 0
    people = [ContactFactory.create(store=store, gender="female" if n % 7 < 2 else "male") for n in range(60)]
    listed = ContactListFactory.create(store=store, contacts=people[10:50])
    rules = {"or": [{"and": [{"rule": "gender", "is": ["female"]}, {"rule": "list", "on": listed.pk}]}]}
    campaign = to_segment(SegmentFactory.create(store=store, rules=rules))

    launched = go(campaign)
    prepare(campaign.pk)

    expected = [people[n].pk for n in range(10, 50) if n % 7 < 2]
    assert texted(campaign) == expected
    assert launched.recipients == len(expected)
    assert CampaignSnapshot.objects.get(campaign=campaign).done_at


def test_an_edited_segment_is_a_changed_quote(store: Store) -> None:
    ContactFactory.create(store=store, gender="female")
    segment = SegmentFactory.create(store=store)
    campaign = to_segment(segment)
    quote = quote_of(campaign)

    update_segment(store=store, segment_id=segment.pk, rules={"rule": "everybody", "is": "anybody"}, actor=SYSTEM)
    ContactFactory.create(store=store, gender="male", updated_at=timezone.now() - timedelta(days=1))

    problem: Any = refused(QuoteChanged, campaign, quote)
    assert problem.facts["difference"]["changed"] == ["contacts"]
    assert problem.facts["difference"]["recipients"] == {"quoted": 1, "now": 2}


def test_a_segment_that_is_edited_while_it_is_written_down_stays_what_was_quoted(store: Store, settings: Any) -> None:
    settings.SNAPSHOT_INLINE_MAX = 0
    her = ContactFactory.create(store=store, gender="female")
    ContactFactory.create(store=store, gender="male")
    segment = SegmentFactory.create(store=store)
    campaign = to_segment(segment)
    go(campaign)

    update_segment(store=store, segment_id=segment.pk, rules={"rule": "everybody", "is": "anybody"}, actor=SYSTEM)
    prepare(campaign.pk)

    assert texted(campaign) == [her.pk]
    assert Campaign.objects.get(pk=campaign.pk).status == "sending"


def test_the_day_of_the_quote_counts_when_midnight_passes(store: Store, settings: Any) -> None:
    settings.SNAPSHOT_INLINE_MAX = 0
    today = sight_of(store, at=timezone.now()).today
    born = ContactFactory.create(store=store, birthday=today.replace(year=2000))
    ContactFactory.create(store=store, birthday=(today + timedelta(days=1)).replace(year=2000))
    campaign = to_segment(SegmentFactory.create(store=store, rules={"rule": "birthday", "around_today": [0, 0]}))
    go(campaign)
    quote = Campaign.objects.get(pk=campaign.pk).quote
    assert quote

    yesterday = {**quote.audience_pinned, "today": (today + timedelta(days=1)).isoformat()}
    moved = audience.people(store_id=store.pk, audience=yesterday, kind="marketing")
    prepare(campaign.pk)

    assert [row.pk for row in moved] == [born.pk + 1]
    assert texted(campaign) == [born.pk]


def test_whoever_stops_or_starts_to_match_before_the_send_is_out_or_in(store: Store, settings: Any) -> None:
    settings.SNAPSHOT_INLINE_MAX = 0
    leaves, comes, stays = (ContactFactory.create(store=store, gender=sex) for sex in ("female", "", "female"))
    campaign = to_segment(SegmentFactory.create(store=store))
    go(campaign)

    Contact.objects.filter(pk=leaves.pk).update(gender="other")
    Contact.objects.filter(pk=comes.pk).update(gender="female")
    ContactFactory.create(store=store, gender="female")  # behind the bound of the quote: never in
    prepare(campaign.pk)

    assert texted(campaign) == [comes.pk, stays.pk]


def test_the_version_follows_rules_lists_campaigns_fields_and_the_day(store: Store) -> None:
    listed = ContactListFactory.create(store=store)
    past = to_segment(SegmentFactory.create(store=store, rules={"rule": "everybody", "is": "anybody"}), people=2)
    sent = [{"rule": "sent", "in_last_days": 3}, {"rule": "sent", "campaign": past.pk}]
    rules = {"or": [{"rule": "list", "on": listed.pk}, *sent]}
    segment = SegmentFactory.create(store=store, rules=rules)
    now = timezone.now()
    seen = [versions(segment, now)]
    assert versions(segment, now) == seen[0]

    change_members(store_id=store.pk, list_id=listed.pk, add=[store.contacts.earliest("pk").pk], actor=SYSTEM)
    seen.append(versions(segment, now))
    go(past)
    seen.append(versions(segment, now))
    update_store(store_id=store.pk, changes={"custom_fields": {"size": "number"}}, actor=SYSTEM)
    seen.append(versions(segment, now))
    update_segment(store=store, segment_id=segment.pk, rules=ADULTS, actor=SYSTEM)
    seen += [versions(segment, now), versions(segment, now + timedelta(days=1))]
    delete_segment(store_id=store.pk, segment_id=segment.pk, actor=SYSTEM)
    seen.append(versions(segment, now))

    assert len(set(seen)) == 7


def test_a_frozen_segment_is_those_of_that_moment(store: Store) -> None:
    her = ContactFactory.create(store=store, gender="female")
    later = ContactFactory.create(store=store, gender="male")
    campaign = to_segment(SegmentFactory.create(store=store))
    plan = Plan(send_at=timezone.now() + timedelta(days=1), frozen=True)
    schedule(store_id=store.pk, campaign_id=campaign.pk, plan=plan, actor=SYSTEM)

    Contact.objects.filter(pk=later.pk).update(gender="female")
    go(Campaign.objects.get(pk=campaign.pk))

    assert texted(campaign) == [her.pk]


def test_nobody_in_a_sound_segment_is_no_recipients(store: Store) -> None:
    ContactFactory.create(store=store, gender="male")

    refused(NoRecipients, to_segment(SegmentFactory.create(store=store)))


# Rules about campaigns ----------------------------------------------------------------------------------------------


def chosen(store: Store, rules: dict[str, Any]) -> list[int]:
    segment = SegmentFactory.create(store=store, rules=rules)
    rows = audience.people(store_id=store.pk, audience={"kind": "segment", "id": segment.pk}, kind="marketing")
    return [row.pk for row in rows]


def test_tests_direct_messages_and_drafts_are_no_campaigns_of_the_last_days(store: Store) -> None:
    campaign = handed_over(store=store)
    everyone = chosen(store, {"rule": "sent", "in_last_days": 0})

    Campaign.objects.filter(pk=campaign.pk).update(kind="direct")

    assert everyone == texted(campaign)
    assert chosen(store, {"rule": "sent", "in_last_days": 0}) == []
    said = {"rule": "sent", "campaign": public_id(campaign.pk, kind="cmp")}
    with pytest.raises(InvalidFields, match="no such campaign"):
        parse(said, sight=sight_of(store, at=timezone.now()))


def test_who_engaged_clicked_or_agreed_lately_and_did_not_opt_out(store: Store) -> None:
    campaign = handed_over(store=store)
    clicked, agreed, left = texted(campaign)
    ContactFactory.create(store=store, consent_at=timezone.now() - timedelta(days=100))
    Contact.objects.filter(pk=agreed).update(consent_at=timezone.now())
    Contact.objects.filter(pk=left).update(consent="opted_out", consent_at=timezone.now())
    engaged = audience.people(
        store_id=store.pk, audience={"kind": "segment", "key": "engaged_90_days"}, kind="marketing"
    )
    version = versions(SegmentFactory.create(store=store, rules={"rule": "not_clicked", "campaign": campaign.pk}))
    before = [row.pk for row in engaged.all()]

    click = {"store_id": store.pk, "campaign_id": campaign.pk, "recipient_id": 1, "contact_id": clicked, "number": 1}
    Click.objects.create(**click, human=True)

    assert before == [agreed]
    assert [row.pk for row in engaged.all()] == [clicked, agreed]
    assert chosen(store, {"rule": "not_clicked", "campaign": campaign.pk}) == [agreed, left]
    assert versions(Segment.objects.earliest("pk")) != version


def test_a_quote_keeps_the_rules_and_the_clock_that_it_counted_by(store: Store) -> None:
    created = create_segment(store=store, name="A", rules={"rule": "created", "in_last_days": 0}, actor=SYSTEM)

    quote = quote_of(to_segment(created))

    assert quote.audience_pinned["rules"] == {"rule": "created", "in_last_days": 0}
    assert quote.audience_pinned["zone"] == "Europe/Athens"
    assert quote.audience_pinned["problems"] == []
