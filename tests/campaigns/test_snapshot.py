"""The snapshot: chunk by chunk, resumable, never past the hold."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django.fixtures import Settings

from audiences.models import Contact
from billing.models import Price
from campaigns import snapshot
from campaigns.hold import close_orphans
from campaigns.models import Campaign, CampaignEvent, CampaignRecipient, CampaignSnapshot, SendBatch
from campaigns.progress import read
from campaigns.services.finish import close_cancelled
from campaigns.services.moves import cancel, pause, resume
from campaigns.tasks import resume_snapshots
from config.audit import SYSTEM
from config.queues import Queue, waiting
from config.redis import client
from tests.factories import ContactFactory
from tests.steps import assert_holds_match, launched, money, statuses

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_chunks(settings: Settings) -> None:
    """Nothing is written inside the launch, and three people are a chunk."""
    settings.SNAPSHOT_INLINE_MAX = 0
    settings.SNAPSHOT_CHUNK = 3


def chunks(campaign: Campaign, number: int) -> None:
    for _ in range(number):
        assert snapshot._chunk(campaign.pk)


def people_of(campaign: Campaign) -> list[int | None]:
    rows = CampaignRecipient.objects.filter(campaign=campaign).order_by("contact_id")
    return list(rows.values_list("contact_id", flat=True))


@pytest.mark.parametrize("people", [1, 2, 3, 4, 6, 7])
def test_chunks_add_up_to_the_audience(people: int) -> None:
    campaign = launched(people=people)

    done = snapshot.prepare(campaign.pk)

    assert done["recipients"] == people
    assert people_of(campaign) == list(Contact.objects.order_by("pk").values_list("pk", flat=True))
    state = CampaignSnapshot.objects.get(pk=campaign.pk)
    assert (state.recipients, state.credits) == (people, people)
    assert state.done_at
    assert read(campaign.pk).counts["pending"] == people


def test_each_chunk_can_be_sent_before_the_next_is_written() -> None:
    campaign = launched(people=7)

    chunks(campaign, 1)

    assert SendBatch.objects.filter(campaign=campaign, state="ready").count() == 1
    assert (read(campaign.pk).prepared, read(campaign.pk).audience, read(campaign.pk).expected) == (False, 3, 7)


def test_killed_between_chunks_it_goes_on_to_the_same_rows() -> None:
    campaign = launched(people=8)
    chunks(campaign, 2)

    rest = snapshot.prepare(campaign.pk)

    assert rest["recipients"] == 2
    assert people_of(campaign) == list(Contact.objects.order_by("pk").values_list("pk", flat=True))


def test_a_repeated_prepare_writes_nothing() -> None:
    campaign = launched(people=4)
    snapshot.prepare(campaign.pk)

    assert snapshot.prepare(campaign.pk) == {"recipients": 0, "batches": 0}
    assert len(people_of(campaign)) == 4


def test_who_joined_after_the_quote_is_not_in_it() -> None:
    campaign = launched(people=2)
    ContactFactory.create(store=campaign.store)

    assert snapshot.prepare(campaign.pk)["recipients"] == 2


def test_an_audience_that_grew_past_the_hold_pauses_with_the_reason() -> None:
    campaign = launched(people=4)
    Contact.objects.filter(store=campaign.store).update(consent="opted_in", first_name="Γ" + "ά" * 80)

    snapshot.prepare(campaign.pk)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.reason) == ("paused", "audience exceeds the hold")
    assert people_of(campaign) == []
    assert money(campaign) == (1000, 4)
    assert CampaignEvent.objects.filter(campaign=campaign, event="pause", reason=campaign.reason).exists()


def test_what_was_written_before_it_grew_stays_and_can_be_cancelled() -> None:
    campaign = launched(people=5)
    chunks(campaign, 1)
    last = Contact.objects.order_by("-pk")[0]
    Contact.objects.filter(pk=last.pk).update(first_name="ά" * 80)
    snapshot.prepare(campaign.pk)

    cancel(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)
    close_cancelled(limit=10)

    assert statuses(campaign) == {"cancelled": 3}
    assert_holds_match(campaign)


def test_an_audience_that_shrank_gives_the_rest_back() -> None:
    campaign = launched(people=5)
    Contact.objects.filter(pk__in=Contact.objects.order_by("pk")[:2].values("pk")).update(consent="opted_out")

    snapshot.prepare(campaign.pk)

    assert len(people_of(campaign)) == 3
    assert money(campaign) == (1000, 3)


def test_the_price_of_the_quote_counts_whatever_came_into_force_since() -> None:
    campaign = launched(people=2)
    assert campaign.quote
    Price.objects.create(country="GR", credits_per_part=5, valid_from=campaign.started_at or timezone.now())

    snapshot.prepare(campaign.pk)

    assert set(CampaignRecipient.objects.values_list("credits", flat=True)) == {1}


@pytest.mark.parametrize("end", [pause, cancel])
def test_it_stops_where_the_campaign_was_stopped(end: object) -> None:
    campaign = launched(people=5)
    chunks(campaign, 1)

    end(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)  # type: ignore[operator]

    assert snapshot.prepare(campaign.pk) == {"recipients": 0, "batches": 0}
    assert len(people_of(campaign)) == 3


def test_it_goes_on_after_a_pause() -> None:
    campaign = launched(people=5)
    chunks(campaign, 1)
    pause(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)
    resume(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)

    assert snapshot.prepare(campaign.pk)["recipients"] == 2


def test_cancelled_in_the_middle_everything_goes_back() -> None:
    campaign = launched(people=5)
    chunks(campaign, 1)

    cancel(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)
    close_cancelled(limit=10)

    assert statuses(campaign) == {"cancelled": 3}
    assert money(campaign) == (1000, 0)


def test_cancelled_before_the_first_chunk_everything_goes_back() -> None:
    campaign = launched(people=5)

    cancel(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)
    assert close_orphans(limit=10) == {"found": 1, "credits_released": 5}

    assert money(campaign) == (1000, 0)


def test_one_whose_worker_died_is_found_again() -> None:
    campaign, fresh = launched(people=5), launched(people=5)
    chunks(campaign, 1)
    assert snapshot.unfinished(older_than_seconds=60, limit=9) == []

    CampaignSnapshot.objects.filter(pk=campaign.pk).update(touched_at=Now() - timedelta(seconds=61))

    assert snapshot.unfinished(older_than_seconds=60, limit=9) == [campaign.pk]
    assert fresh.pk not in snapshot.unfinished(older_than_seconds=60, limit=9)
    assert resume_snapshots()["found"] == 1


def test_a_phone_that_moved_to_another_contact_is_texted_once() -> None:
    campaign = launched(people=5)
    chunks(campaign, 1)
    first, *_, last = Contact.objects.order_by("pk")
    Contact.objects.filter(pk=first.pk).update(phone="+306970099999")
    Contact.objects.filter(pk=last.pk).update(phone=first.phone)

    snapshot.prepare(campaign.pk)

    assert CampaignSnapshot.objects.get(pk=campaign.pk).done_at
    assert CampaignRecipient.objects.filter(phone=first.phone).count() == 1
    assert money(campaign) == (1000, 4)


def test_a_long_one_makes_room_for_others_and_rings_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "SLICE_SECONDS", 0.0)
    campaign = launched(people=5)
    client().delete(Queue.IMPORT.value)

    written = [snapshot.prepare(campaign.pk)["recipients"] for _ in range(4)]

    assert written == [3, 2, 0, 0]
    assert waiting(Queue.IMPORT) == 2
