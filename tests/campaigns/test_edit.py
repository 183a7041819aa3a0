"""Writing a campaign: what may be changed, until when."""

from datetime import UTC, datetime
from typing import Any

import pytest

from audiences.models import Store
from campaigns.errors import InvalidStatus
from campaigns.models import Campaign
from campaigns.services.edit import create, delete, edit
from config.audit import SYSTEM, Actor
from config.models import AuditEvent
from config.problems import InvalidFields, NotFound
from tests.factories import CampaignFactory
from tests.steps import launched

pytestmark = pytest.mark.django_db
LATER = datetime(2999, 1, 1, tzinfo=UTC)
FIELDS: dict[str, Any] = {"name": "May", "message": "Hi", "audience": {"kind": "all", "exclude": []}}


def changed(campaign: Campaign, **fields: Any) -> Campaign:
    return edit(store_id=campaign.store_id, campaign_id=campaign.pk, fields=fields, actor=SYSTEM)


def test_a_new_campaign_is_a_draft_of_whoever_wrote_it(store: Store, actor: Actor) -> None:
    campaign = create(store=store, fields={**FIELDS, "priority": 1}, actor=actor)

    assert (campaign.status, campaign.created_by, campaign.priority, campaign.run) == ("draft", "user:7", 1, 0)
    assert AuditEvent.objects.get().subject == f"campaign:{campaign.pk}"


def test_status_and_money_cannot_be_written(store: Store) -> None:
    fields = {**FIELDS, "status": "completed", "run": 9, "store_id": 1, "reason": "x"}

    campaign = create(store=store, fields=fields, actor=SYSTEM)
    again = changed(campaign, **fields)

    assert (again.status, again.run, again.store_id, again.reason) == ("draft", 0, store.pk, "")


def test_a_bad_message_is_not_saved(store: Store) -> None:
    with pytest.raises(InvalidFields):
        create(store=store, fields={**FIELDS, "message": "{{nope}}"}, actor=SYSTEM)

    assert not Campaign.objects.exists()
    assert not AuditEvent.objects.exists()


def test_a_draft_is_changed_field_by_field() -> None:
    campaign = CampaignFactory.create(name="May")

    after = changed(campaign, message="Bye {{first_name}}")

    assert (after.name, after.message) == ("May", "Bye {{first_name}}")
    assert after.updated_at > campaign.updated_at
    assert AuditEvent.objects.get(action="campaign.edit").facts == {"fields": ["message"]}


def test_a_bad_change_is_not_saved() -> None:
    campaign = CampaignFactory.create()

    with pytest.raises(InvalidFields):
        changed(campaign, message="{{", name="New")

    assert Campaign.objects.get(pk=campaign.pk).name == campaign.name


def test_a_new_time_of_a_scheduled_campaign_counts() -> None:
    campaign = CampaignFactory.create(status="scheduled", send_at=LATER, next_try_at=LATER)
    sooner = datetime(2998, 1, 1, tzinfo=UTC)

    assert changed(campaign, send_at=sooner).next_try_at == sooner


def test_a_scheduled_campaign_keeps_a_time() -> None:
    campaign = CampaignFactory.create(status="scheduled", send_at=LATER, next_try_at=LATER)

    with pytest.raises(InvalidFields) as caught:
        changed(campaign, send_at=None)

    assert caught.value.facts["errors"][0]["pointer"] == "#/send_at"
    assert Campaign.objects.get(pk=campaign.pk).send_at == LATER


@pytest.mark.parametrize("status", ["sending", "paused", "completed", "failed", "cancelled"])
def test_what_was_launched_is_not_changed_or_deleted(status: str) -> None:
    campaign = launched(people=1)
    Campaign.objects.filter(pk=campaign.pk).update(status=status)
    before = Campaign.objects.values().get(pk=campaign.pk)

    with pytest.raises(InvalidStatus):
        changed(campaign, message="Too late")
    with pytest.raises(InvalidStatus):
        delete(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)

    assert Campaign.objects.values().get(pk=campaign.pk) == before


def test_a_draft_can_be_deleted() -> None:
    campaign = CampaignFactory.create()

    delete(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)

    assert not Campaign.objects.exists()
    assert AuditEvent.objects.get(action="campaign.delete").subject == f"campaign:{campaign.pk}"


def test_a_scheduled_campaign_is_unscheduled_before_it_is_deleted() -> None:
    campaign = CampaignFactory.create(status="scheduled", send_at=LATER, next_try_at=LATER)

    with pytest.raises(InvalidStatus):
        delete(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)

    assert Campaign.objects.filter(pk=campaign.pk).exists()


def test_another_stores_campaign_does_not_exist(other_store: Store) -> None:
    campaign = CampaignFactory.create()

    with pytest.raises(NotFound):
        edit(store_id=other_store.pk, campaign_id=campaign.pk, fields={"name": "Mine"}, actor=SYSTEM)
    with pytest.raises(NotFound):
        delete(store_id=other_store.pk, campaign_id=campaign.pk, actor=SYSTEM)

    assert Campaign.objects.get(pk=campaign.pk).name == campaign.name


def test_a_scheduled_campaign_is_not_moved_into_the_past() -> None:
    later = datetime(2999, 1, 1, tzinfo=UTC)
    campaign = CampaignFactory.create(status="scheduled", send_at=later, next_try_at=later)

    with pytest.raises(InvalidFields, match="has passed"):
        changed(campaign, send_at=datetime(2020, 1, 1, tzinfo=UTC))

    assert Campaign.objects.get().send_at == later


def test_the_line_ends_of_a_browser_become_those_of_an_sms(store: Store) -> None:
    draft = {"name": "Lines", "message": "one\r\ntwo\rthree", "audience": {"kind": "all", "exclude": []}}

    campaign = create(store=store, fields=draft, actor=SYSTEM)

    assert campaign.message == "one\ntwo\nthree"
    assert changed(campaign, message="a\r\nb").message == "a\nb"
