"""Sending, planning, holding and stopping campaigns over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.utils import timezone
from rest_framework.test import APIClient

from audiences.models import Store
from billing.services import account_of
from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from config.opaque import public_id
from tests.api.clients import V1, code
from tests.factories import CampaignFactory, ContactFactory, ContactListFactory

SOON = "2099-01-01T09:00:00+02:00"


@pytest.fixture
def campaign(store: Store) -> Campaign:
    """A draft to three people of a store with 1000 credits."""
    return CampaignFactory.create(store=store, people=3)


def do(client: APIClient, campaign: Campaign, action: str, **body: Any) -> Any:
    """Post an action on a campaign."""
    return client.post(f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}/{action}", body)


def status(campaign: Campaign) -> str:
    """Its status in the database."""
    return Campaign.objects.get(pk=campaign.pk).status


def test_enqueue_holds_the_price_and_answers_202(api: APIClient, campaign: Campaign, store: Store) -> None:
    answer = do(api, campaign, "enqueue")

    assert answer.status_code == 202
    assert answer.json() == {
        "id": public_id(campaign.pk, kind="cmp"),
        "status": "sending",
        "recipients": 3,
        "credits_held": 3,
        "queue": {"state": "available"},
        "request_id": answer["X-Request-ID"],
    }
    assert account_of(store.pk).held == 3
    assert CampaignRecipient.objects.count() == 3


def test_enqueue_answers_202_while_the_broker_is_away(
    api: APIClient, campaign: Campaign, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CELERY_BROKER_WRITE_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(current_app.amqp, "_producer_pool", None)

    answer = do(api, campaign, "enqueue")

    assert (answer.status_code, answer.json()["queue"]) == (202, {"state": "unavailable"})
    assert (status(campaign), account_of(store.pk).held) == ("sending", 3)


def test_enqueue_takes_the_quote_that_was_shown(api: APIClient, campaign: Campaign) -> None:
    quote = api.get(f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}/quote").json()

    assert do(api, campaign, "enqueue", quote_id=quote["id"]).json()["credits_held"] == quote["credits"]


def test_a_retry_with_the_same_key_is_one_send(api: APIClient, campaign: Campaign, store: Store) -> None:
    address = f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}/enqueue"

    first, second = [api.post(address, {}, HTTP_IDEMPOTENCY_KEY="click-1") for _ in range(2)]

    assert (first.status_code, second.status_code) == (202, 202)
    assert second.json() == first.json()
    assert account_of(store.pk).held == 3


def test_a_second_click_is_told_so(api: APIClient, campaign: Campaign, store: Store) -> None:
    do(api, campaign, "enqueue")

    assert code(do(api, campaign, "enqueue")) == (409, "ALREADY_SENDING")
    assert account_of(store.pk).held == 3


def test_a_changed_audience_is_told_with_the_difference(api: APIClient, campaign: Campaign, store: Store) -> None:
    quote = api.get(f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}/quote").json()
    ContactFactory.create(store=store)

    answer = do(api, campaign, "enqueue", quote_id=quote["id"])

    assert code(answer) == (409, "QUOTE_CHANGED")
    assert answer.json()["difference"]["recipients"] == {"quoted": 3, "now": 4}
    assert status(campaign) == "draft"


@pytest.mark.parametrize("quote_id", ["quo_nonsense", 7])
def test_a_made_up_quote_is_refused(api: APIClient, campaign: Campaign, quote_id: Any) -> None:
    assert code(do(api, campaign, "enqueue", quote_id=quote_id)) == (400, "VALIDATION_ERROR")
    assert status(campaign) == "draft"


def test_too_few_credits_say_what_is_missing(api: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=3, credits=2)

    answer = do(api, campaign, "enqueue")

    assert code(answer) == (402, "INSUFFICIENT_CREDITS")
    assert [answer.json()[name] for name in ("required", "available", "missing")] == [3, 2, 1]
    assert (status(campaign), account_of(store.pk).held) == ("draft", 0)


def test_an_audience_of_nobody_is_refused(api: APIClient, store: Store) -> None:
    nobody = ContactListFactory.create(store=store)
    campaign = CampaignFactory.create(store=store, audience={"kind": "list", "id": nobody.pk, "exclude": []})

    assert code(do(api, campaign, "enqueue")) == (400, "NO_RECIPIENTS")
    assert status(campaign) == "draft"


def test_an_empty_text_is_refused(api: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=1, message=" ")

    assert code(do(api, campaign, "enqueue")) == (400, "NO_MESSAGE_TEXT")
    assert code(do(api, campaign, "schedule", send_at=SOON)) == (400, "NO_MESSAGE_TEXT")
    assert status(campaign) == "draft"


def test_a_stopped_store_does_not_send(api: APIClient, campaign: Campaign) -> None:
    Store.objects.update(sending_stopped=True)

    assert code(do(api, campaign, "enqueue")) == (403, "BILLING_HOLD")
    assert status(campaign) == "draft"


def test_a_campaign_goes_through_its_states(api: APIClient, campaign: Campaign) -> None:
    road = [("schedule", {"send_at": SOON}), ("unschedule", {}), ("enqueue", {}), ("pause", {"reason": "typo"})]
    road += [("resume", {}), ("cancel", {"reason": "rain"})]

    shown = [do(api, campaign, action, **body).json()["status"] for action, body in road]

    assert shown == ["scheduled", "draft", "sending", "paused", "sending", "cancelled"]
    assert CampaignEvent.objects.filter(event="pause").get().reason == "typo"


@pytest.mark.parametrize(
    ("before", "action"),
    [
        ("draft", "unschedule"),
        ("draft", "pause"),
        ("draft", "resume"),
        ("draft", "cancel"),
        ("scheduled", "pause"),
        ("scheduled", "resume"),
        ("cancelled", "enqueue"),
        ("cancelled", "schedule"),
        ("cancelled", "cancel"),
    ],
)
def test_an_illegal_move_changes_nothing(api: APIClient, store: Store, before: str, action: str) -> None:
    campaign = CampaignFactory.create(store=store, people=1, status=before, send_at=timezone.now())

    answer = do(api, campaign, action, **({"send_at": SOON} if action == "schedule" else {}))

    assert code(answer) == (409, "INVALID_STATUS")
    assert status(campaign) == before
    assert not CampaignEvent.objects.exists()


@pytest.mark.parametrize("body", [{}, {"send_at": None}, {"send_at": "soon"}, {"send_at": "2020-01-01T00:00:00Z"}])
def test_a_schedule_needs_a_time_to_come(api: APIClient, campaign: Campaign, body: dict[str, Any]) -> None:
    assert code(do(api, campaign, "schedule", **body)) == (400, "VALIDATION_ERROR")
    assert status(campaign) == "draft"


def test_a_schedule_takes_the_campaigns_own_time(api: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=1, send_at=timezone.now() + timedelta(hours=1))

    assert do(api, campaign, "schedule").json()["status"] == "scheduled"


@pytest.mark.parametrize("action", ["enqueue", "schedule", "unschedule", "pause", "resume", "cancel"])
def test_a_reader_moves_nothing(reader: APIClient, campaign: Campaign, action: str) -> None:
    assert code(do(reader, campaign, action)) == (403, "FORBIDDEN")
    assert status(campaign) == "draft"
