"""Keys of requests, where they could go wrong: scopes, files, ages, lost locks and lost databases."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pytest_django import Settings
from rest_framework.response import Response
from rest_framework.test import APIClient

from audiences.models import ContactImport, Store
from billing.services import grant
from campaigns.models import Campaign
from config import idempotency
from config.audit import SYSTEM
from config.models import IdempotencyRecord
from config.opaque import public_id
from tests.api.clients import V1, code, with_key
from tests.factories import CampaignFactory

DRAFT = {"name": "Sale", "message": "Hello", "audience": {"all": True}}


def send(client: APIClient, key: str = "k1", **changes: Any) -> Any:
    return client.post(f"{V1}/campaigns", DRAFT | changes, HTTP_IDEMPOTENCY_KEY=key)


def enqueue(client: APIClient, campaign: Campaign, key: str = "k1") -> Any:
    address = f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}/enqueue"
    return client.post(address, {}, HTTP_IDEMPOTENCY_KEY=key)


def test_an_answer_is_not_shown_to_who_may_not_ask(api: APIClient, reader: APIClient) -> None:
    made = send(api).json()

    answer = send(reader)

    assert code(answer) == (403, "FORBIDDEN")
    assert made["id"] not in answer.content.decode()


def test_an_answer_is_not_shown_to_a_suspended_store(api: APIClient, store: Store) -> None:
    send(api)
    Store.objects.filter(pk=store.pk).update(status="suspended")

    assert code(send(api)) == (403, "FORBIDDEN")


def test_another_key_of_the_same_store_gets_the_stored_answer(api: APIClient, store: Store) -> None:
    first = send(api)

    assert send(with_key(store)).json() == first.json()
    assert Campaign.objects.count() == 1


def test_a_refusal_for_want_of_credits_may_be_tried_again_with_the_same_key(api: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=3, credits=0)
    assert code(enqueue(api, campaign)) == (402, "INSUFFICIENT_CREDITS")

    grant(store_id=store.pk, amount=3, key="grant:later", label="Later", actor=SYSTEM)

    assert enqueue(api, campaign).status_code == 202
    assert enqueue(api, campaign)["Idempotency-Replayed"] == "true"


def test_a_stored_answer_stays_what_it_was_whatever_happened_since(api: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=1)
    first = enqueue(api, campaign).json()
    api.post(f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}/cancel", {})

    again = enqueue(api, campaign)

    assert (again.status_code, again.json()) == (202, first)
    campaign.refresh_from_db()
    assert campaign.status == "cancelled"


def test_a_new_key_is_a_new_request(api: APIClient) -> None:
    ids = {send(api, key).json()["id"] for key in ("k1", "K1", "k1 ", "k" * 255)}

    assert len(ids) >= 3
    assert Campaign.objects.count() == len(ids)


def test_without_a_key_every_request_counts(api: APIClient) -> None:
    for _ in range(2):
        api.post(f"{V1}/campaigns", DRAFT)

    assert Campaign.objects.count() == 2
    assert not IdempotencyRecord.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        '{"name":"Sale","message":"Hello","audience":{"all":true}}',
        ' {"audience" : {"all":true},\n"name":"Sale","message":"Hello"}',
    ],
)
def test_spaces_and_order_are_no_difference(api: APIClient, body: str) -> None:
    send(api)

    answer = api.post(f"{V1}/campaigns", body, content_type="application/json", HTTP_IDEMPOTENCY_KEY="k1")

    assert answer["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    "change",
    [{"name": "sale"}, {"message": "Hello "}, {"audience": {"all": True, "exclude": []}}, {"priority": "high"}],
)
def test_a_small_difference_is_a_difference(api: APIClient, change: dict[str, Any]) -> None:
    send(api)

    assert code(send(api, **change)) == (422, "IDEMPOTENCY_MISMATCH")
    assert Campaign.objects.count() == 1


def upload(client: APIClient, content: bytes, **fields: Any) -> Any:
    file = SimpleUploadedFile(fields.pop("called", "people.csv"), content)
    return client.post(f"{V1}/imports", {"file": file, **fields}, format="multipart", HTTP_IDEMPOTENCY_KEY="f1")


def test_a_file_is_the_same_by_its_bytes_and_its_options(
    api: APIClient, settings: Settings, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LOCAL_DIR = tmp_path
    content = b"phone\n6941234567\n"
    first = upload(api, content)

    assert upload(api, content, called="again.csv").json() == first.json()
    assert code(upload(api, content + b"6942345678\n")) == (422, "IDEMPOTENCY_MISMATCH")
    assert code(upload(api, content, dry_run="true")) == (422, "IDEMPOTENCY_MISMATCH")
    assert ContactImport.objects.count() == 1
    assert ContactImport.objects.get().file_bytes == len(content)


@pytest.mark.parametrize(("seconds", "taken"), [(0, False), (59, False), (61, True), (86_400, True)])
def test_a_lock_is_taken_over_after_a_minute_and_not_before(store: Store, seconds: int, taken: bool) -> None:
    idempotency.claim_record(store_id=store.pk, key="k1", fingerprint="f")
    IdempotencyRecord.objects.update(locked_at=timezone.now() - timedelta(seconds=seconds))

    assert (idempotency.claim_record(store_id=store.pk, key="k1", fingerprint="f") is not None) is taken


def test_an_old_lock_is_not_taken_over_for_another_request(api: APIClient, store: Store) -> None:
    idempotency.claim_record(store_id=store.pk, key="k1", fingerprint="of something else")
    IdempotencyRecord.objects.update(locked_at=timezone.now() - timedelta(days=1))

    assert code(send(api)) == (422, "IDEMPOTENCY_MISMATCH")
    assert not Campaign.objects.exists()


def test_an_answer_is_not_taken_over_however_old(store: Store) -> None:
    idempotency.claim_record(store_id=store.pk, key="k1", fingerprint="f")
    IdempotencyRecord.objects.update(status=202, body={}, locked_at=timezone.now() - timedelta(days=1))

    assert idempotency.claim_record(store_id=store.pk, key="k1", fingerprint="f") is None


def test_who_was_taken_over_neither_answers_for_his_heir_nor_frees_the_key(store: Store) -> None:
    dead = idempotency.claim_record(store_id=store.pk, key="k1", fingerprint="f")
    assert dead
    IdempotencyRecord.objects.update(locked_at=timezone.now() - timedelta(seconds=61))
    late = dead._replace(locked_at=IdempotencyRecord.objects.get().locked_at)
    assert idempotency.claim_record(store_id=store.pk, key="k1", fingerprint="f")

    idempotency._run(late, lambda: Response({"from": "the dead"}, status=202))
    with pytest.raises(LookupError):
        idempotency._run(late, _fail)

    record = IdempotencyRecord.objects.get()
    assert (record.status, record.body) == (None, None)


def _fail() -> Response:
    raise LookupError
