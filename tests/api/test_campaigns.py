"""Writing and pricing campaigns over HTTP."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from audiences.models import Store
from campaigns.models import Campaign, Quote
from config.opaque import public_id
from tests.api.clients import V1, code, pointers
from tests.factories import CampaignFactory, ContactFactory, ContactListFactory, api_id

CAMPAIGNS = f"{V1}/campaigns"
DRAFT: dict[str, Any] = {"name": "Sale", "message": "Hello {{first_name|there}}", "audience": {"all": True}}


def address(campaign: Campaign) -> str:
    """Where the API has a campaign."""
    return f"{CAMPAIGNS}/{public_id(campaign.pk, kind='cmp')}"


def test_a_draft_is_written_and_read(api: APIClient, store: Store) -> None:
    vip, rude = ContactListFactory.create_batch(2, store=store)
    audience = {"list": api_id(vip), "exclude": [{"list": api_id(rude)}]}

    answer = api.post(CAMPAIGNS, DRAFT | {"audience": audience, "priority": "high", "send_at": "2030-01-01T09:00:00Z"})

    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["status"], shown["kind"], shown["priority"]) == ("draft", "marketing", "high")
    assert (shown["audience"], shown["send_at"]) == (audience, "2030-01-01T09:00:00Z")
    assert shown["created_by"].startswith("key:key_")
    assert api.get(f"{CAMPAIGNS}/{shown['id']}").json() == shown


@pytest.mark.parametrize(
    ("change", "error", "refusal"),
    [
        ({"name": ""}, "VALIDATION_ERROR", ("#/name", "blank")),
        ({"message": "Hi {{size}}"}, "VALIDATION_ERROR", ("#/message", "unknown_placeholder")),
        ({"message": "Hi {{first_name"}, "VALIDATION_ERROR", ("#/message", "bad_placeholder")),
        ({"message": "x" * 1601}, "VALIDATION_ERROR", ("#/message", "max_length")),
        ({"kind": "birthday"}, "VALIDATION_ERROR", ("#/kind", "invalid_choice")),
        ({"kind": "spam"}, "VALIDATION_ERROR", ("#/kind", "invalid_choice")),
        ({"priority": "now"}, "VALIDATION_ERROR", ("#/priority", "invalid_choice")),
        ({"send_at": "tomorrow"}, "VALIDATION_ERROR", ("#/send_at", "invalid")),
        ({"status": "sending"}, "VALIDATION_ERROR", ("#/status", "read_only")),
        ({"audience": "all"}, "VALIDATION_ERROR", ("#/audience", "not_a_dict")),
        ({"audience": {}}, "AUDIENCE_INVALID", ("#/audience", "audience")),
        ({"audience": {"all": False}}, "AUDIENCE_INVALID", ("#/audience/all", "audience")),
        ({"audience": {"list": "lst_x"}}, "AUDIENCE_INVALID", ("#/audience/list", "audience")),
        ({"audience": {"all": True, "list": "lst_x"}}, "AUDIENCE_INVALID", ("#/audience", "audience")),
        ({"audience": {"tribe": 1}}, "AUDIENCE_INVALID", ("#/audience/tribe", "audience")),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_written(
    api: APIClient, change: dict[str, Any], error: str, refusal: tuple[str, str]
) -> None:
    answer = api.post(CAMPAIGNS, DRAFT | change)

    assert code(answer) == (400, error)
    assert pointers(answer) == [refusal]
    assert not Campaign.objects.exists()


def test_a_list_of_another_store_is_no_audience(api: APIClient, other_store: Store) -> None:
    audience = {"list": api_id(ContactListFactory.create(store=other_store))}

    for answer in [
        api.post(CAMPAIGNS, DRAFT | {"audience": audience}),
        api.post(f"{CAMPAIGNS}/quote", {"message": "Hi", "audience": audience}),
    ]:
        assert code(answer) == (400, "AUDIENCE_INVALID")
    assert not Campaign.objects.exists()
    assert not Quote.objects.exists()


def test_a_change_leaves_the_rest(api: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store, name="Sale", message="Hello", priority=0)

    answer = api.patch(address(campaign), {"name": "Spring"})

    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["message"], answer.json()["priority"]) == ("Spring", "Hello", "urgent")


def test_what_was_sent_is_neither_changed_nor_deleted(api: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=1, name="Sale")
    api.post(f"{address(campaign)}/enqueue", {})

    assert code(api.patch(address(campaign), {"name": "New"})) == (409, "INVALID_STATUS")
    assert code(api.delete(address(campaign))) == (409, "INVALID_STATUS")
    campaign.refresh_from_db()
    assert campaign.name == "Sale"


def test_a_draft_is_deleted(api: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store)

    assert api.delete(address(campaign)).status_code == 204
    assert code(api.get(address(campaign))) == (404, "NOT_FOUND")


def test_campaigns_are_narrowed_by_status_and_kind(api: APIClient, store: Store) -> None:
    CampaignFactory.create(store=store)
    service = CampaignFactory.create(store=store, kind="service")

    shown = api.get(f"{CAMPAIGNS}?status=draft&kind=service").json()["results"]

    assert [campaign["name"] for campaign in shown] == [service.name]
    assert api.get(f"{CAMPAIGNS}?status=sending").json()["results"] == []
    assert code(api.get(f"{CAMPAIGNS}?status=sleeping")) == (400, "VALIDATION_ERROR")


def test_an_unsaved_draft_has_an_exact_price(api: APIClient, store: Store) -> None:
    ContactFactory.create_batch(2, store=store, first_name="Anna")
    ContactFactory.create(store=store, consent="opted_out")

    shown = api.post(f"{CAMPAIGNS}/quote", {"message": "x" * 153 + " {{first_name}}", "audience": {"all": True}}).json()

    assert (shown["recipients"], shown["parts"], shown["credits"]) == (2, 2, 2)
    assert (shown["exclusions"], shown["campaign"]) == ({"opted_out": 1}, None)
    assert shown["countries"] == [{"country": "GR", "recipients": 2, "parts": 2, "credits_per_part": 1, "credits": 2}]
    assert not Campaign.objects.exists()


def test_a_campaigns_price_names_the_campaign(api: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=3)

    answer = api.get(f"{address(campaign)}/quote")

    assert answer.status_code == 200
    assert (answer.json()["recipients"], answer.json()["campaign"]) == (3, public_id(campaign.pk, kind="cmp"))


@pytest.mark.parametrize("message", ["", "  \n"])
def test_an_empty_text_has_no_price(api: APIClient, message: str) -> None:
    answer = api.post(f"{CAMPAIGNS}/quote", {"message": message, "audience": {"all": True}})

    assert code(answer) == (400, "NO_MESSAGE_TEXT")


def test_an_unknown_placeholder_has_no_price(api: APIClient) -> None:
    answer = api.post(f"{CAMPAIGNS}/quote", {"message": "{{size}}", "audience": {"all": True}})

    assert pointers(answer) == [("#/message", "unknown_placeholder")]


def test_a_reader_may_not_write(reader: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store)

    answers = [
        reader.post(CAMPAIGNS, DRAFT),
        reader.patch(address(campaign), {"name": "x"}),
        reader.delete(address(campaign)),
    ]

    assert [code(answer) for answer in answers] == [(403, "FORBIDDEN")] * 3
    assert reader.get(f"{address(campaign)}/quote").status_code == 200
