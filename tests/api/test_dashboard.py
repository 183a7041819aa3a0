"""The store at a glance, and what it says when something is wrong."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from audiences.models import Store
from campaigns.models import Campaign, CampaignMinute, SendBatch
from campaigns.services.moves import pause
from config.audit import SYSTEM
from config.heartbeats import Process, beat
from messaging.models import ProviderAccount
from providers.interface import Accepted, Refused
from tests.api.clients import V1
from tests.campaigns.roads import dead, handed_over
from tests.factories import CampaignFactory, CreditAccountFactory, ProviderAccountFactory
from tests.steps import launched

BUSY = Refused("provider_error", "429", retryable=True)


@pytest.fixture
def well(store: Store) -> ProviderAccount:
    """A house in which everything runs, and credits for long."""
    beat(Process(name="send@host", kind="worker", queues=("send",)))
    CreditAccountFactory.create(store=store, credits=10_000)
    return ProviderAccountFactory.create()


def shown(api: APIClient) -> dict[str, Any]:
    answer = api.get(f"{V1}/store/dashboard")
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def alerts(api: APIClient) -> dict[str, str]:
    return {alert["code"]: alert["severity"] for alert in shown(api)["alerts"]}


@pytest.mark.usefixtures("well")
def test_a_new_store_has_nothing_and_no_alarm(api: APIClient) -> None:
    body = shown(api)

    assert (body["totals"]["campaigns"], body["totals"]["delivery_rate"], body["days"]) == (0, None, [])
    assert (body["credits"]["available"], body["running"], body["scheduled"], body["alerts"]) == (10_000, [], [], [])


@pytest.mark.usefixtures("well")
def test_thirty_days_are_added_up(api: APIClient, store: Store) -> None:
    handed_over([Accepted("1"), Accepted("2"), Refused("other", "7", retryable=False)], store=store)
    old = handed_over([Accepted("3")] * 3, store=store, people=0, credits=0)
    Campaign.objects.filter(pk=old.pk).update(started_at=timezone.now() - timedelta(days=31))
    handed_over([Accepted("4")])

    body = shown(api)

    assert (body["totals"]["campaigns"], body["totals"]["accepted"], body["totals"]["failed"]) == (1, 2, 1)
    assert body["totals"]["credits"] == 2
    [day] = body["days"]
    assert (day["sent"], day["failed"], day["parts"]) == (2, 1, 2)


@pytest.mark.usefixtures("well")
def test_days_are_those_of_the_stores_calendar(api: APIClient, store: Store) -> None:
    campaign = launched(store=store, people=1)
    evening = (timezone.now() - timedelta(days=5)).replace(hour=22, minute=30, second=0, microsecond=0)
    CampaignMinute.objects.create(campaign=campaign, minute=evening, sent=3)

    [day] = shown(api)["days"]

    assert day["day"] == (evening + timedelta(days=1)).date().isoformat()  # Athens is two or three hours ahead


@pytest.mark.usefixtures("well")
def test_what_runs_and_what_is_planned_is_listed(api: APIClient, store: Store) -> None:
    running = launched(store=store, people=2)
    CampaignFactory.create(store=store, status="scheduled", send_at="2100-01-01T08:00:00Z", credits=0)
    launched(people=1)

    body = shown(api)

    assert [(one["name"], one["audience"], one["pending"]) for one in body["running"]] == [(running.name, 2, 2)]
    assert [one["send_at"] for one in body["scheduled"]] == ["2100-01-01T08:00:00Z"]


def test_a_house_in_which_nobody_works_is_an_alarm(api: APIClient, store: Store) -> None:
    CreditAccountFactory.create(store=store)
    ProviderAccountFactory.create()
    assert alerts(api) == {"no_worker": "warning"}

    campaign = launched(store=store, people=1)
    SendBatch.objects.filter(campaign=campaign).update(ready_at=timezone.now() - timedelta(minutes=2))

    assert alerts(api) == {"no_worker": "error"}


@pytest.mark.usefixtures("well")
def test_stops_are_alarms(api: APIClient, store: Store, settings: Any) -> None:
    settings.QUEUE_DISABLED = True
    Store.objects.filter(pk=store.pk).update(sending_stopped=True)
    ProviderAccount.objects.update(status="stopped")

    assert alerts(api) == {"queue_disabled": "error", "store_stopped": "error", "no_route": "error"}


def test_credits_that_run_out_are_an_alarm(api: APIClient, store: Store) -> None:
    beat(Process(name="send@host", kind="worker", queues=("send",)))
    ProviderAccountFactory.create()
    assert alerts(api) == {"no_credits": "error"}

    handed_over([Accepted(str(n)) for n in range(20)], store=store, credits=23)

    assert alerts(api) == {"low_balance": "warning"}


@pytest.mark.usefixtures("well")
def test_dead_letters_pauses_and_campaigns_that_cannot_start_are_told(api: APIClient, store: Store) -> None:
    dead([BUSY], store=store)
    held = launched(store=store, people=1, credits=5)
    pause(store_id=store.pk, campaign_id=held.pk, actor=SYSTEM, reason="The hold is used up.")
    Campaign.objects.filter(pk=held.pk).update(reason="The hold is used up.")
    late = {"status": "scheduled", "send_at": timezone.now() - timedelta(hours=1), "reason": "Not enough credits."}
    CampaignFactory.create(store=store, credits=0, **late)

    found = shown(api)["alerts"]

    assert {alert["code"] for alert in found} == {"dead_letters", "paused", "not_started"}
    assert any("Not enough credits." in alert["words"] for alert in found)


@pytest.mark.usefixtures("well")
def test_it_takes_the_same_statements_for_any_number(
    api: APIClient, store: Store, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        launched(store=store, people=1, credits=1)
    shown(api)

    with django_assert_max_num_queries(14):
        assert len(shown(api)["running"]) == 5
