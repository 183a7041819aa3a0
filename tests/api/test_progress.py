"""Watching a campaign over HTTP."""

import pytest
from rest_framework.test import APIClient

from audiences.models import Store
from campaigns.models import Campaign, CampaignRecipient
from campaigns.services.launch import launch
from config.audit import SYSTEM
from config.opaque import public_id
from tests.api.clients import V1, code
from tests.factories import CampaignFactory


@pytest.fixture
def campaign(store: Store) -> Campaign:
    """A campaign to five people that is being sent."""
    campaign = CampaignFactory.create(store=store, people=5)
    launch(store_id=store.pk, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)
    return campaign


@pytest.fixture
def address(campaign: Campaign) -> str:
    """Where the API has it."""
    return f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}"


def test_progress_adds_up(api: APIClient, address: str) -> None:
    shown = api.get(f"{address}/progress").json()

    assert (shown["status"], shown["expected"], shown["audience"], shown["counts"]["pending"]) == ("sending", 5, 5, 5)
    assert sum(shown["counts"].values()) == shown["audience"]
    assert (shown["credits_held"], shown["prepared"]) == (5, True)


def test_progress_is_told_only_when_it_changed(api: APIClient, campaign: Campaign, address: str) -> None:
    tag = api.get(f"{address}/progress")["ETag"]

    same = api.get(f"{address}/progress", HTTP_IF_NONE_MATCH=f'"other", {tag}')
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", tag)

    api.post(f"{address}/pause", {})
    assert api.get(f"{address}/progress", HTTP_IF_NONE_MATCH=tag).status_code == 200


def test_a_draft_has_progress_too(api: APIClient, store: Store) -> None:
    draft = public_id(CampaignFactory.create(store=store).pk, kind="cmp")

    shown = api.get(f"{V1}/campaigns/{draft}/progress").json()

    assert (shown["status"], shown["audience"], shown["percent"]) == ("draft", 0, 0.0)


def test_recipients_are_walked_to_the_last(api: APIClient, address: str, campaign: Campaign) -> None:
    phones: list[str] = []
    page = f"{address}/recipients?limit=2"

    while page:
        shown = api.get(page).json()
        phones += [recipient["phone"] for recipient in shown["results"]]
        page = shown["next"]

    assert phones == list(CampaignRecipient.objects.order_by("pk").values_list("phone", flat=True))


def test_recipients_show_what_became_of_them(api: APIClient, address: str) -> None:
    first = CampaignRecipient.objects.order_by("pk")[0]
    CampaignRecipient.objects.filter(pk=first.pk).update(status="sent", charged=1)

    [shown] = api.get(f"{address}/recipients?status=sent").json()["results"]

    assert (shown["phone"], shown["status"], shown["parts"], shown["charged"]) == (first.phone, "sent", 1, 1)
    assert len(api.get(f"{address}/recipients?status=pending").json()["results"]) == 4


@pytest.mark.parametrize("query", ["status=asleep", "cursor=x", "cursor=cur_x.cur_y", "limit=-1"])
def test_a_bad_question_about_recipients_is_refused(api: APIClient, address: str, query: str) -> None:
    assert code(api.get(f"{address}/recipients?{query}")) == (400, "VALIDATION_ERROR")


def test_recipients_of_other_campaigns_stay_out(api: APIClient, store: Store, address: str) -> None:
    other = CampaignFactory.create(store=store)
    launch(store_id=store.pk, campaign_id=other.pk, quote_id=None, actor=SYSTEM)

    assert len(api.get(f"{address}/recipients").json()["results"]) == 5


def test_batches_and_history_are_told_in_order(api: APIClient, address: str) -> None:
    api.post(f"{address}/pause", {"reason": "typo"})

    [batch] = api.get(f"{address}/batches").json()["results"]
    events = api.get(f"{address}/history").json()["results"]

    assert (batch["state"], batch["size"], batch["parts"]) == ("ready", 5, 5)
    assert [(event["event"], event["before"], event["after"]) for event in events] == [
        ("launch", "draft", "sending"),
        ("pause", "sending", "paused"),
    ]
    assert (events[0]["actor"], events[1]["reason"]) == ("system", "typo")
    assert events[1]["actor"].startswith("key:key_")
