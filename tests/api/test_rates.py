"""A store may ask so often: what counts, what does not, and what it is told."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings
from rest_framework.test import APIClient

from audiences.models import Store
from campaigns.models import Campaign
from config.models import IdempotencyRecord
from config.opaque import public_id
from tests.api.clients import V1, as_role, code, with_key
from tests.factories import CampaignFactory


@pytest.fixture(autouse=True)
def limits(settings: Settings, uncounted: None) -> None:
    """Small ones."""
    settings.API_RATE_GENERAL, settings.API_RATE_SEND, settings.API_RATE_IMPORT = 4, 2, 1


def enqueue(api: APIClient, campaign: Campaign, **headers: str) -> Any:
    return api.post(f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}/enqueue", {}, headers=headers)


def test_each_answer_says_what_is_left(api: APIClient) -> None:
    first, second = api.get(f"{V1}/store"), api.get(f"{V1}/store")

    assert first["RateLimit-Policy"] == '"general";q=4;w=60'
    assert first["RateLimit"] == '"general";r=3;t=60'
    assert second["RateLimit"].startswith('"general";r=2;t=')


def test_too_many_are_refused_with_the_time_to_wait(api: APIClient) -> None:
    for _ in range(4):
        assert api.get(f"{V1}/lists").status_code == 200

    answer = api.get(f"{V1}/store")

    assert code(answer) == (429, "RATE_LIMITED")
    assert 55 <= answer.json()["retry_after"] <= 60
    assert answer["Retry-After"] == str(answer.json()["retry_after"])
    assert answer["RateLimit"].startswith('"general";r=0;t=')


def test_all_keys_of_a_store_share_its_quota_and_stores_share_none(
    api: APIClient, store: Store, other_store: Store
) -> None:
    other_key = with_key(store)
    for _ in range(2):
        api.get(f"{V1}/store")
        other_key.get(f"{V1}/store")

    assert api.get(f"{V1}/store").status_code == 429
    assert with_key(other_store).get(f"{V1}/store").status_code == 200


def test_an_integration_that_runs_wild_does_not_shut_the_console(api: APIClient, store: Store) -> None:
    for _ in range(5):
        api.get(f"{V1}/store")

    assert as_role(store, "viewer").get(f"{V1}/store")["RateLimit"].startswith('"general";r=3')


def test_sends_have_a_quota_of_their_own_for_the_whole_store(api: APIClient, store: Store) -> None:
    campaigns = CampaignFactory.create_batch(3, store=store, people=1)
    owner = as_role(store, "owner")

    answers = [enqueue(api, campaigns[0]), enqueue(owner, campaigns[1]), enqueue(api, campaigns[2])]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert answers[0]["RateLimit-Policy"] == '"general";q=4;w=60, "send";q=2;w=60'
    assert answers[2].json()["limit"] == "send"
    campaigns[2].refresh_from_db()
    assert campaigns[2].status == "draft"


def test_imports_have_a_quota_of_their_own(api: APIClient, settings: Settings, tmp_path: Any) -> None:
    settings.LOCAL_DIR = tmp_path
    answers = []
    for _ in range(2):
        file = SimpleUploadedFile("people.csv", b"phone\n6901234567\n")
        answers.append(api.post(f"{V1}/imports", {"file": file}, format="multipart"))

    assert [answer.status_code for answer in answers] == [202, 429]
    assert 290 <= answers[1].json()["retry_after"] <= 300


def test_a_repetition_is_answered_when_nothing_is_left_and_does_not_count(api: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=1)
    first = enqueue(api, campaign, **{"Idempotency-Key": "k1"})
    while api.get(f"{V1}/store").status_code == 200:
        pass

    again = enqueue(api, campaign, **{"Idempotency-Key": "k1"})

    assert (first.status_code, again.status_code) == (202, 202)
    assert again["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()
    assert "RateLimit" not in again


def test_a_refused_first_request_keeps_no_record(api: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=1)
    while api.get(f"{V1}/store").status_code == 200:
        pass

    answer = enqueue(api, campaign, **{"Idempotency-Key": "k1"})

    assert code(answer) == (429, "RATE_LIMITED")
    assert not IdempotencyRecord.objects.exists()


def test_health_and_stream_tickets_are_not_counted(api: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store)
    while api.get(f"{V1}/store").status_code == 200:
        pass

    assert api.get(f"{V1}/jobs/health").status_code == 200
    assert api.get(f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}/events").status_code == 307
    assert api.get("/healthz").status_code == 200


def test_zero_is_no_limit(api: APIClient, settings: Settings) -> None:
    settings.API_RATE_GENERAL = 0

    answers = [api.get(f"{V1}/store") for _ in range(6)]

    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0]


def test_who_is_not_known_is_not_counted(nobody: APIClient) -> None:
    assert {nobody.get(f"{V1}/store").status_code for _ in range(6)} == {401}
