"""The primary fails in the middle of a campaign: the rest goes over the fallback, nobody twice, and it says why."""

from collections import Counter

import pytest
from pytest_django import Settings

from campaigns.models import Campaign, CampaignEvent, CampaignRecipient, SendBatch
from campaigns.services.again import retry_failed
from config.audit import SYSTEM
from messaging.models import AccountHealth, MessageLog, ProviderAccount, RouteEvent
from messaging.sending.sender import send_batch
from tests.factories import ContactFactory, RouteFactory, StoreFactory
from tests.simulator import Simulator
from tests.steps import due_now, launched, statuses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]
End = tuple[Simulator, ProviderAccount]


def send_all(campaign: Campaign, *, most: int = 60) -> None:
    """Batch by batch, without waiting for what is due later, until nobody waits."""
    for _ in range(most):
        due_now(campaign)
        if send_batch() is None:
            return


def phones(simulator: Simulator) -> list[str]:
    return [item["destination"] for item in simulator.received()]


def marks(end: End) -> int:
    """How many messages of the log were accepted over this account."""
    return MessageLog.objects.filter(account_id=end[1].pk, kind="attempt", outcome="accepted").count()


def test_refused_credentials_in_mid_campaign_move_the_rest(primary: End, fallback: End) -> None:
    before = Counter(phones(primary[0])), Counter(phones(fallback[0]))
    primary[0].plan(script={"3": "401", "4": "401"})
    campaign = launched(people=100)

    send_all(campaign)

    assert statuses(campaign) == {"sent": 100}
    assert (marks(primary), marks(fallback)) == (40, 60)
    got = Counter(phones(primary[0])) - before[0] + (Counter(phones(fallback[0])) - before[1])
    assert (len(got), max(got.values())) == (100, 1)
    primary[1].refresh_from_db()
    assert primary[1].status == "stopped"


def test_calls_without_an_answer_move_the_rest_and_never_the_unsure(
    primary: End, fallback: End, settings: Settings
) -> None:
    settings.ROUTE_FAULTS = 2
    primary[0].plan(faults={"500": 1.0})
    campaign = launched(people=100)

    send_all(campaign)

    # Two batches of twenty are unsure for ever, whatever the fallback could do for them.
    assert statuses(campaign) == {"unknown": 40, "sent": 60}
    assert (marks(primary), marks(fallback)) == (0, 60)
    unsure = CampaignRecipient.objects.filter(campaign=campaign, status="unknown").values("pk")
    assert not MessageLog.objects.filter(account_id=fallback[1].pk, recipient_id__in=unsure).exists()
    event = RouteEvent.objects.get()
    assert (event.account, event.move) == (primary[1], "away")
    assert event.reason.startswith("2 calls failed: HTTP 500")


def test_the_merchant_reads_once_who_carries_it_on_and_why(primary: End, fallback: End, settings: Settings) -> None:
    settings.ROUTE_FAULTS = 1
    primary[0].plan(faults={"500": 1.0})
    campaign = launched(people=100)

    send_all(campaign)

    [event] = CampaignEvent.objects.filter(campaign=campaign, event="rerouted")
    assert (event.before, event.after, event.facts) == ("sending", "sending", {"account": "Fallback"})
    assert event.reason.startswith("over Fallback, since Primary: 1 calls failed: HTTP 500")


def test_a_provider_that_cannot_be_reached_is_passed_over(primary: End, fallback: End) -> None:
    ProviderAccount.objects.filter(pk=primary[1].pk).update(
        base_url="http://127.0.0.1:9", updated_at="2026-05-04T00:00:00Z"
    )
    campaign = launched(people=60)

    send_all(campaign)

    assert statuses(campaign) == {"sent": 60}
    assert marks(fallback) == 60
    assert AccountHealth.objects.get(pk=primary[1].pk).away_until


def test_it_drifts_back_when_the_primary_works_again(primary: End, fallback: End, settings: Settings) -> None:
    settings.ROUTE_FAULTS = 1
    primary[0].plan(script={"1": "500"})
    campaign = launched(people=100)
    send_batch()
    send_batch()

    AccountHealth.objects.update(away_until="2026-01-01T00:00:00Z")
    send_all(campaign)

    assert statuses(campaign) == {"unknown": 20, "sent": 80}
    assert (marks(primary), marks(fallback)) == (60, 20)
    assert list(RouteEvent.objects.order_by("pk").values_list("move", flat=True)) == ["away", "back"]


def test_a_batch_that_was_partly_taken_stays_and_its_rest_goes_on_elsewhere(primary: End, fallback: End) -> None:
    primary[0].plan(script={"1": "partial"})
    campaign = launched(people=20)
    send_batch()
    taken = marks(primary)
    first = SendBatch.objects.get(campaign=campaign)
    ProviderAccount.objects.filter(pk=primary[1].pk).update(status="stopped")

    send_all(campaign)

    assert 0 < taken < 20
    assert (marks(primary), marks(fallback)) == (taken, 20 - taken)
    assert statuses(campaign) == {"sent": 20}
    first.refresh_from_db()
    rest = SendBatch.objects.exclude(pk=first.pk).get(campaign=campaign)
    assert (first.state, first.account_id) == ("done", primary[1].pk)
    assert (rest.state, rest.account_id, rest.size) == ("done", fallback[1].pk, 20 - taken)


def test_countries_with_routes_travel_in_batches_of_their_own(primary: End, fallback: End) -> None:
    store = StoreFactory.create()
    RouteFactory.create(store=store, country="DE", account=fallback[1])
    for number in range(4):
        ContactFactory.create(store=store, phone=f"+30697000000{number}", country="GR")
        ContactFactory.create(store=store, phone=f"+4915100000{number:03}", country="DE")
    campaign = launched(store=store, people=0)

    send_all(campaign)

    batches = SendBatch.objects.filter(campaign=campaign).order_by("country").values_list("country", "size")
    assert list(batches) == [("", 4), ("DE", 4)]
    assert (marks(primary), marks(fallback)) == (4, 4)
    assert {phone[:3] for phone in phones(fallback[0])[-4:]} == {"+49"}


def test_a_retry_keeps_countries_apart(primary: End, fallback: End) -> None:
    store = StoreFactory.create()
    RouteFactory.create(store=store, country="DE", account=fallback[1])
    ContactFactory.create(store=store, phone="+306970000001", country="GR")
    ContactFactory.create(store=store, phone="+4915100000001", country="DE")
    for end in (primary, fallback):
        end[0].plan(outcomes={"busy": 1})
    campaign = launched(store=store, people=0)
    send_all(campaign)
    for end in (primary, fallback):
        end[0].plan()

    retry_failed(store_id=store.pk, campaign_id=campaign.pk, actor=SYSTEM)
    send_all(campaign)

    again = SendBatch.objects.filter(campaign=campaign, run=2).order_by("country")
    assert list(again.values_list("country", "size")) == [("", 1), ("DE", 1)]
    assert statuses(campaign) == {"sent": 2}
    assert (marks(primary), marks(fallback)) == (1, 1)
