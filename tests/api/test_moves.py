"""Planning, copying, archiving, prioritising and retrying campaigns over HTTP."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from audiences.models import Store
from campaigns.models import Campaign
from config.opaque import public_id
from providers.interface import Refused
from tests.api.clients import V1, code, pointers
from tests.api.world import world
from tests.campaigns.roads import handed_over
from tests.factories import CampaignFactory, ContactFactory
from tests.steps import launched


def address(campaign: Campaign, action: str = "") -> str:
    """Where the API has a campaign, or something that is done to it."""
    return f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}{action and '/' + action}"


def names(client: APIClient, **query: str) -> list[str]:
    """The campaigns of a list."""
    return [row["name"] for row in client.get(f"{V1}/campaigns", query).json()["results"]]


# planning -------------------------------------------------------------------------------------------------------------


def test_scheduling_by_the_stores_clock(api: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store)

    answer = api.post(address(campaign, "schedule"), {"send_at": "2999-07-01T09:00:00"})

    shown = answer.json()
    assert (answer.status_code, shown["status"], shown["send_at"]) == (200, "scheduled", "2999-07-01T06:00:00Z")
    assert (shown["local_at"], shown["audience_mode"], shown["max_credits"]) == ("", "launch", None)


def test_scheduling_by_the_recipients_clocks_for_who_belongs_now_at_a_price(api: APIClient, store: Store) -> None:
    ContactFactory.create(store=store, country="JP")
    campaign = CampaignFactory.create(store=store)
    quote = api.get(address(campaign, "quote")).json()

    body = {
        "send_at": "2999-07-01T09:00:00",
        "local": True,
        "audience_mode": "frozen",
        "quote_id": quote["id"],
    }
    shown = api.post(address(campaign, "schedule"), body).json()

    assert (shown["send_at"], shown["local_at"]) == ("2999-07-01T00:00:00Z", "2999-07-01T09:00:00")
    assert (shown["audience_mode"], shown["max_credits"], shown["audience"]) == ("frozen", 1, {"all": True})
    facts = api.get(address(campaign, "history")).json()["results"][0]["facts"]
    assert facts == {
        "send_at": "2999-07-01T00:00:00+00:00",
        "local_at": "2999-07-01T09:00:00",
        "max_credits": 1,
        "frozen": 1,
    }


def test_scheduling_again_without_a_time_keeps_the_hour(api: APIClient, store: Store) -> None:
    ContactFactory.create(store=store, country="JP")
    campaign = CampaignFactory.create(store=store)
    api.post(address(campaign, "schedule"), {"send_at": "2999-07-01T09:00:00", "local": True})

    shown = api.post(address(campaign, "schedule"), {"local": True}).json()

    assert shown["local_at"] == "2999-07-01T09:00:00"


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, ("#/send_at", "required")),
        ({"send_at": "2020-01-01T09:00:00Z"}, ("#/send_at", "past")),
        ({"send_at": "tomorrow"}, ("#/send_at", "invalid")),
        ({"send_at": "0001-01-01T00:00:00+14:00"}, ("#/send_at", "invalid")),
        ({"send_at": "9999-12-31T23:59:59-12:00"}, ("#/send_at", "invalid")),
        ({"send_at": "2999-01-01T09:00:00Z", "local": "maybe"}, ("#/local", "invalid")),
        ({"send_at": "2999-01-01T09:00:00Z", "audience_mode": "ice"}, ("#/audience_mode", "invalid_choice")),
        ({"send_at": "2999-01-01T09:00:00Z", "quote_id": "quo_x"}, ("#/quote_id", "unknown_id")),
        ({"sendAt": "2999-01-01T09:00:00Z"}, ("#/sendAt", "unknown_field")),
    ],
)
def test_a_bad_plan_is_refused_and_nothing_changes(
    api: APIClient, store: Store, body: dict[str, Any], refusal: tuple[str, str]
) -> None:
    campaign = CampaignFactory.create(store=store)
    before = world()

    answer = api.post(address(campaign, "schedule"), body)

    assert code(answer) == (400, "VALIDATION_ERROR")
    assert pointers(answer) == [refusal]
    assert world() == before


def test_what_is_being_sent_is_changed_in_its_priority_alone(api: APIClient, store: Store) -> None:
    campaign = launched(store=store, people=1)

    assert api.patch(address(campaign), {"priority": "urgent"}).json()["priority"] == "urgent"
    assert api.post(address(campaign, "priority"), {"priority": "low", "reason": "later"}).json()["priority"] == "low"
    assert code(api.patch(address(campaign), {"message": "Too late"})) == (409, "INVALID_STATUS")
    assert code(api.post(address(campaign, "priority"), {"priority": "now"})) == (400, "VALIDATION_ERROR")


# the shelf ------------------------------------------------------------------------------------------------------------


def test_a_clone_is_made_once_for_one_key(api: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store, name="May")

    answers = [api.post(address(campaign, "clone"), {"name": "June"}, HTTP_IDEMPOTENCY_KEY="k1") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert (answers[0].json()["name"], answers[0].json()["status"]) == ("June", "draft")
    assert Campaign.objects.count() == 2


def test_the_archive_is_a_list_of_its_own(api: APIClient, store: Store) -> None:
    old, _ = handed_over(store=store, name="Old"), CampaignFactory.create(store=store, name="New")

    shown = api.post(address(old, "archive"), {"reason": "done"}).json()

    assert shown["archived_at"]
    assert (names(api), names(api, archived="true"), names(api, archived="false")) == (["New"], ["Old"], ["New"])
    assert api.post(address(old, "unarchive"), {}).json()["archived_at"] is None
    assert names(api) == ["New", "Old"]
    assert code(api.post(address(launched(store=store), "archive"), {})) == (409, "INVALID_STATUS")


def test_messages_to_numbers_are_not_among_the_campaigns(api: APIClient, store: Store) -> None:
    for kind in ("marketing", "service", "test", "direct"):
        CampaignFactory.create(store=store, name=kind, kind=kind, audience={"kind": "numbers", "count": 1})

    assert names(api) == ["service", "marketing"]
    assert names(api, kind="direct") == ["direct"]
    assert api.get(f"{V1}/campaigns", {"kind": "test"}).json()["results"][0]["audience"] == {"numbers": 1}


@pytest.mark.parametrize("name", ["frozen", "numbers"])
def test_what_the_house_makes_is_no_audience_to_choose(api: APIClient, name: str) -> None:
    answer = api.post(f"{V1}/campaigns", {"name": "x", "message": "Hi", "audience": {name: 1}})

    assert code(answer) == (400, "AUDIENCE_INVALID")
    assert pointers(answer) == [(f"#/audience/{name}", "audience")]


def test_a_retry_at_another_price_than_was_shown_is_refused(api: APIClient, store: Store) -> None:
    campaign = handed_over([Refused("unreachable", "absent", retryable=False)] * 2, store=store)

    refused = api.post(address(campaign, "retry-failed"), {"credits": 1})

    assert code(refused) == (409, "QUOTE_CHANGED")
    assert refused.json()["difference"] == {"credits": {"quoted": 1, "now": 2}}
    assert api.post(address(campaign, "retry-failed"), {"credits": 2}).status_code == 202
