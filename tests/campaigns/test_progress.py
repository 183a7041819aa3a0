"""Progress: counters that add up, equal the rows, and cost the same for every size."""

import pytest
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings

from campaigns.models import CampaignProgress
from campaigns.progress import read, recount
from campaigns.services.moves import pause
from campaigns.snapshot import _chunk
from config.audit import SYSTEM
from config.problems import NotFound
from messaging.sending.settle import settle
from providers.interface import Accepted, Outcome, Refused, Unsure
from tests.factories import CampaignFactory
from tests.steps import claimed, launched, marked, settlement

pytestmark = pytest.mark.django_db


def test_a_draft_has_nothing_yet() -> None:
    progress = read(CampaignFactory.create(people=2).pk)

    assert (progress.status, progress.audience, progress.expected, progress.percent) == ("draft", 0, 0, 0.0)
    assert (progress.prepared, progress.credits_held) == (False, 0)


def test_a_campaign_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        read(404)


def test_it_counts_by_status_class_and_reason() -> None:
    campaign = launched(people=5, message="x" * 161)
    campaign.store.contacts.filter(pk=campaign.store.contacts.order_by("pk")[0].pk).update(consent="opted_out")
    work = claimed()
    marked(work)
    outcomes: list[Outcome] = [
        Accepted("1"),
        Accepted("2"),
        Refused("invalid_number", "7", retryable=False),
        Unsure("timeout"),
    ]
    settle(settlement(work, outcomes))

    progress = read(campaign.pk)

    assert {name: number for name, number in progress.counts.items() if number} == {
        "sent": 2,
        "failed": 1,
        "unknown": 1,
        "skipped": 1,
    }
    assert progress.failed_by_class == {"invalid_number": 1}
    assert progress.skipped_by_reason == {"opted_out": 1}
    assert (progress.parts_sent, progress.credits_charged, progress.credits_held) == (4, 4, 6)
    assert (progress.audience, progress.percent) == (5, 100.0)
    assert recount(campaign.pk) == {"audience": 5, **progress.counts}


def test_in_flight_are_those_at_a_worker() -> None:
    campaign = launched(people=45)
    assert read(campaign.pk).in_flight == 0

    work = claimed()
    assert read(campaign.pk).in_flight == len(work.people) == 20

    marked(work)
    settle(settlement(work))
    assert read(campaign.pk).in_flight == 0
    assert read(campaign.pk).percent == 44.4


def test_a_half_written_audience_is_never_shown_as_done(settings: Settings) -> None:
    settings.SNAPSHOT_INLINE_MAX, settings.SNAPSHOT_CHUNK = 0, 2
    campaign = launched(people=8)
    assert _chunk(campaign.pk)
    work = claimed()
    marked(work)
    settle(settlement(work))

    progress = read(campaign.pk)

    assert (progress.counts["sent"], progress.audience, progress.expected) == (2, 2, 8)
    assert progress.percent == 25.0


def test_the_etag_changes_with_everything_that_is_shown() -> None:
    campaign = launched(people=2)
    tags = [read(campaign.pk).etag]
    work = claimed()
    tags.append(read(campaign.pk).etag)
    pause(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)
    tags.append(read(campaign.pk).etag)

    assert work
    assert len(set(tags)) == 3
    assert read(campaign.pk).etag == tags[-1]


def test_the_database_refuses_counters_that_do_not_add_up() -> None:
    campaign = launched(people=2)

    with pytest.raises(IntegrityError, match="progress_adds_up"), transaction.atomic():
        CampaignProgress.objects.filter(pk=campaign.pk).update(sent=1)

    assert read(campaign.pk).counts["sent"] == 0


@pytest.mark.parametrize("people", [2, 60])
def test_it_costs_the_same_for_every_size(people: int, django_assert_num_queries: object) -> None:
    campaign = launched(people=people)

    with django_assert_num_queries(1):  # type: ignore[operator]
        read(campaign.pk)
