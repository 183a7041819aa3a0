"""Many clicks on "send", many campaigns on one account, many snapshots of one campaign."""

from collections.abc import Sequence

import pytest
from pytest_django.fixtures import Settings

from audiences.models import Store
from campaigns import snapshot
from campaigns.errors import AlreadySending, InvalidStatus
from campaigns.models import CampaignEvent, CampaignRecipient
from campaigns.services.finish import close_cancelled, finish
from campaigns.services.launch import Launched, launch
from campaigns.services.moves import cancel, pause, resume
from config.audit import SYSTEM
from messaging.sending.settle import settle
from tests.factories import CampaignFactory
from tests.races import at_once
from tests.steps import assert_holds_match, claimed, launched, marked, money, settlement, statuses

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
THREADS = 12


def kinds(results: Sequence[object]) -> dict[str, int]:
    """How many results of each type."""
    names = [type(result).__name__ for result in results]
    return {name: names.count(name) for name in names}


def test_one_click_of_many_launches(store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=30)

    results = at_once(
        THREADS, lambda _: launch(store_id=store.pk, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)
    )

    assert kinds(results) == {"Launched": 1, "AlreadySending": 11}
    assert money(campaign) == (1000, 30)
    assert statuses(campaign) == {"pending": 30}
    assert CampaignEvent.objects.filter(event="launch").count() == 1


def test_only_as_many_campaigns_start_as_there_are_credits(store: Store) -> None:
    first = CampaignFactory.create(store=store, people=10, credits=55)
    campaigns = [first, *CampaignFactory.create_batch(THREADS - 1, store=store, credits=0)]

    def go(index: int) -> Launched:
        return launch(store_id=store.pk, campaign_id=campaigns[index].pk, quote_id=None, actor=SYSTEM)

    assert kinds(at_once(THREADS, go)) == {"Launched": 5, "InsufficientCredits": 7}
    assert money(first) == (55, 50)
    assert CampaignRecipient.objects.count() == 50


def test_many_snapshots_write_everybody_once(settings: Settings) -> None:
    settings.SNAPSHOT_INLINE_MAX, settings.SNAPSHOT_CHUNK = 0, 7
    campaign = launched(people=60)

    results = at_once(THREADS, lambda _: snapshot.prepare(campaign.pk))

    assert sum(done["recipients"] for done in results if isinstance(done, dict)) == 60
    assert kinds(results) == {"dict": THREADS}
    assert statuses(campaign) == {"pending": 60}
    assert money(campaign) == (1000, 60)


def test_one_of_many_cancels_wins_and_the_hold_is_closed_once(store: Store) -> None:
    campaign = launched(store=store, people=45)

    def click(index: int) -> object:
        if index % 3 == 2:
            return close_cancelled(limit=9)
        return cancel(store_id=store.pk, campaign_id=campaign.pk, actor=SYSTEM)

    results = at_once(THREADS, click)
    close_cancelled(limit=9)

    assert kinds(results) == {"Campaign": 1, "InvalidStatus": 7, "dict": 4}
    assert (statuses(campaign), money(campaign)) == ({"cancelled": 45}, (1000, 0))
    assert_holds_match(campaign)


def test_a_cancel_beside_batches_in_flight_bills_exactly_those(store: Store) -> None:
    campaign = launched(store=store, people=120)
    works = [claimed() for _ in range(4)]
    for work in works:
        marked(work)

    def act(index: int) -> object:
        if index < 4:
            done = settle(settlement(works[index]))
            finish(campaign.pk)
            return done
        if index < 8:
            return close_cancelled(limit=9)
        return cancel(store_id=store.pk, campaign_id=campaign.pk, actor=SYSTEM)

    results = at_once(THREADS, act)
    close_cancelled(limit=9)

    assert kinds(results) == {"dict": 8, "Campaign": 1, "InvalidStatus": 3}
    assert (statuses(campaign), money(campaign)) == ({"sent": 80, "cancelled": 40}, (920, 0))
    assert_holds_match(campaign)


def test_pauses_and_resumes_take_turns(store: Store) -> None:
    campaign = launched(store=store, people=3)

    def act(index: int) -> object:
        move = pause if index % 2 else resume
        return move(store_id=store.pk, campaign_id=campaign.pk, actor=SYSTEM)

    results = at_once(THREADS, act)

    moves = list(CampaignEvent.objects.exclude(event="launch").order_by("pk").values_list("event", flat=True))
    assert moves == [("pause", "resume")[n % 2] for n in range(len(moves))]
    assert kinds(results).get("Campaign", 0) == len(moves) >= 1
    assert all(isinstance(result, InvalidStatus | type(campaign)) for result in results)
    assert not any(isinstance(result, AlreadySending) for result in results)
