"""Segments that cannot be understood any more: they are for nobody, and say why."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audiences import audience
from audiences.errors import AudienceInvalid
from audiences.models import FrozenAudience, Segment, Store
from audiences.services.lists import delete_list
from audiences.services.segments import delete_segment
from campaigns.models import Campaign
from campaigns.services.due import launch_due
from campaigns.services.schedule import Plan, schedule
from config.audit import SYSTEM
from tests.campaigns.roads import refused, to_segment
from tests.factories import ContactFactory, ContactListFactory, SegmentFactory

pytestmark = pytest.mark.django_db


def broken(store: Store, which: str) -> Segment:
    """A segment that was right when it was made."""
    listed = ContactListFactory.create(store=store)
    rules = {
        "list": {"rule": "list", "on": listed.pk},
        "field": {"rule": "fields.size", "at_least": 40},
        "type": {"rule": "fields.size", "is": 40},
        "rule": {"rule": "sent_by_pigeon", "is": True},
        "tree": {"neither": []},
    }[which]
    segment = SegmentFactory.create(store=store, rules={"not": rules})
    fields = {"list": {"size": "number"}, "field": {}, "type": {"size": "date"}}
    Store.objects.filter(pk=store.pk).update(custom_fields=fields.get(which, {}))
    delete_list(store_id=store.pk, list_id=listed.pk, actor=SYSTEM)
    return segment


@pytest.mark.parametrize("which", ["list", "field", "type", "rule", "tree"])
def test_what_is_not_understood_any_more_is_nobody_also_inverted_and_excluded(store: Store, which: str) -> None:
    ContactFactory.create_batch(2, store=store)
    stored = {"kind": "segment", "id": broken(store, which).pk}
    inside: Any = {"store_id": store.pk, "kind": "marketing"}

    assert audience.people(audience=stored, **inside).count() == 0
    assert audience.people(audience={"kind": "all", "exclude": [stored]}, **inside).count() == 0


@pytest.mark.parametrize("which", ["list", "field", "type", "rule", "tree"])
def test_its_campaign_is_refused_with_the_reason(store: Store, which: str) -> None:
    ContactFactory.create(store=store)

    problem: Any = refused(AudienceInvalid, to_segment(broken(store, which)))

    assert problem.facts["errors"][0]["pointer"] == "#/audience/segment"
    assert problem.facts["errors"][0]["code"] in {"gone", "unknown_rule", "unknown_operator", "bad_rule"}


def test_a_deleted_segment_is_nobody_and_says_so(store: Store) -> None:
    ContactFactory.create(store=store, gender="female")
    segment = SegmentFactory.create(store=store)
    campaign = to_segment(segment)
    delete_segment(store_id=store.pk, segment_id=segment.pk, actor=SYSTEM)

    problem: Any = refused(AudienceInvalid, campaign)

    assert problem.facts["errors"] == [
        {"pointer": "#/audience/segment", "detail": "The segment is gone.", "code": "gone"}
    ]


def test_a_scheduled_campaign_waits_with_the_reason(store: Store) -> None:
    ContactFactory.create(store=store)
    campaign = to_segment(broken(store, "list"))
    plan = Plan(send_at=timezone.now() + timedelta(seconds=60))
    schedule(store_id=store.pk, campaign_id=campaign.pk, plan=plan, actor=SYSTEM)
    Campaign.objects.filter(pk=campaign.pk).update(next_try_at=timezone.now() - timedelta(seconds=1))

    counts = launch_due(limit=5)

    campaign.refresh_from_db()
    assert counts["postponed"] == 1
    assert campaign.reason == "AUDIENCE_INVALID: The segment can choose nobody: The list is gone."


def test_an_audience_that_cannot_be_evaluated_is_not_frozen(store: Store) -> None:
    campaign = to_segment(broken(store, "list"))
    plan = Plan(send_at=timezone.now() + timedelta(days=1), frozen=True)

    with pytest.raises(AudienceInvalid):
        schedule(store_id=store.pk, campaign_id=campaign.pk, plan=plan, actor=SYSTEM)

    assert Campaign.objects.get(pk=campaign.pk).status == "draft"
    assert not FrozenAudience.objects.exists()
