"""An audience frozen when it is scheduled: nobody new, nobody less but who opts out."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audiences.models import Contact, FrozenAudience, FrozenMember, Store
from audiences.services.frozen import freeze
from campaigns.frozen import thaw_unneeded
from campaigns.models import Campaign, CampaignEvent
from campaigns.services import schedule as planning
from campaigns.services.edit import edit
from campaigns.services.moves import cancel
from campaigns.services.schedule import ChangedMeanwhile
from config.audit import SYSTEM
from tests.campaigns.planning import come_due, phones, planned
from tests.factories import CampaignFactory, ContactFactory, ContactListFactory
from tests.steps import money

pytestmark = pytest.mark.django_db


def test_a_frozen_audience_takes_nobody_new_and_loses_nobody_but_who_opts_out(store: Store) -> None:
    stays, leaves, refuses = ContactFactory.create_batch(3, store=store)
    vip = ContactListFactory.create(store=store, contacts=[stays, leaves, refuses])
    audience = {"kind": "list", "id": vip.pk, "exclude": []}
    campaign = CampaignFactory.create(store=store, audience=audience)

    planned(campaign, frozen=True)
    vip.memberships.filter(contact=leaves).delete()
    vip.memberships.create(contact=ContactFactory.create(store=store))
    Contact.objects.filter(pk=refuses.pk).update(consent="opted_out")
    after = come_due(campaign)

    assert phones(after) == {stays.phone, leaves.phone}
    assert after.audience == audience
    assert money(campaign) == (1000, 2)


def test_evaluated_at_launch_it_takes_who_belongs_then(store: Store) -> None:
    stays, leaves = ContactFactory.create_batch(2, store=store)
    vip = ContactListFactory.create(store=store, contacts=[stays, leaves])
    campaign = CampaignFactory.create(store=store, audience={"kind": "list", "id": vip.pk, "exclude": []})

    planned(campaign)
    vip.memberships.filter(contact=leaves).delete()
    new = ContactFactory.create(store=store)
    vip.memberships.create(contact=new)

    assert phones(come_due(campaign)) == {stays.phone, new.phone}


def test_who_opts_in_later_is_not_in_a_frozen_audience(store: Store) -> None:
    undecided = ContactFactory.create(store=store, consent="unknown")
    campaign = CampaignFactory.create(store=store, people=1)

    planned(campaign, frozen=True)
    Contact.objects.filter(pk=undecided.pk).update(consent="opted_in")

    assert CampaignEvent.objects.get(event="schedule").facts["frozen"] == 1
    assert undecided.phone not in phones(come_due(campaign))


def test_freezing_again_replaces_what_was_frozen(store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=1)
    planned(campaign, frozen=True)
    ContactFactory.create(store=store)

    planned(campaign, frozen=True)

    assert [frozen.size for frozen in FrozenAudience.objects.all()] == [2]
    assert FrozenMember.objects.count() == 2


def test_a_refused_plan_leaves_nothing_frozen(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = CampaignFactory.create(store=store, people=2)

    def frozen_while_somebody_edits(*args: Any, **options: Any) -> FrozenAudience:
        edit(store_id=store.pk, campaign_id=campaign.pk, fields={"message": "Other"}, actor=SYSTEM)
        return freeze(*args, **options)

    monkeypatch.setattr(planning, "freeze", frozen_while_somebody_edits)

    with pytest.raises(ChangedMeanwhile):
        planned(campaign, frozen=True)

    assert Campaign.objects.get(pk=campaign.pk).status == "draft"
    assert not FrozenAudience.objects.exists()


def test_what_was_frozen_for_ended_campaigns_is_forgotten(store: Store) -> None:
    ended, waiting = CampaignFactory.create_batch(2, store=store, people=1)
    for campaign in (ended, waiting):
        planned(campaign, frozen=True)
    cancel(store_id=store.pk, campaign_id=ended.pk, actor=SYSTEM)
    FrozenAudience.objects.update(created_at=timezone.now() - timedelta(hours=2))

    assert thaw_unneeded(limit=5) == 1

    assert [frozen.pk for frozen in FrozenAudience.objects.all()] == [Campaign.objects.get(pk=waiting.pk).frozen_id]
