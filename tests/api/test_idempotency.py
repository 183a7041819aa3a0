"""The same Idempotency-Key: one effect, one answer."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from audiences.models import Store
from campaigns.models import Campaign
from config import idempotency
from config.models import IdempotencyRecord
from tests.api.clients import V1, code, with_key

DRAFT = {"name": "Sale", "message": "Hello", "audience": {"all": True}}


def send(client: APIClient, *, key: str = "k1", **changes: Any) -> Any:
    """Create a campaign with an Idempotency-Key."""
    return client.post(f"{V1}/campaigns", DRAFT | changes, HTTP_IDEMPOTENCY_KEY=key)


def test_a_repeated_request_gets_the_first_answer(api: APIClient) -> None:
    first, second = send(api), send(api)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second["Idempotency-Replayed"] == "true"
    assert Campaign.objects.count() == 1


def test_the_order_of_members_is_no_difference(api: APIClient) -> None:
    send(api)

    answer = api.post(f"{V1}/campaigns", dict(reversed(DRAFT.items())), HTTP_IDEMPOTENCY_KEY="k1")

    assert answer["Idempotency-Replayed"] == "true"


def test_another_body_is_a_mismatch(api: APIClient) -> None:
    send(api)

    assert code(send(api, name="Other")) == (422, "IDEMPOTENCY_MISMATCH")
    assert Campaign.objects.count() == 1


def test_another_address_is_a_mismatch(api: APIClient) -> None:
    made = send(api).json()

    answer = api.post(f"{V1}/campaigns/{made['id']}/enqueue", DRAFT, HTTP_IDEMPOTENCY_KEY="k1")

    assert code(answer) == (422, "IDEMPOTENCY_MISMATCH")


def test_a_key_belongs_to_its_store(api: APIClient, stranger: APIClient) -> None:
    send(api)

    assert send(stranger).status_code == 201
    assert Campaign.objects.count() == 2


def test_a_refusal_is_not_stored(api: APIClient) -> None:
    refused = send(api, name="")

    assert code(refused) == (400, "VALIDATION_ERROR")
    assert not IdempotencyRecord.objects.exists()
    assert send(api).status_code == 201


def test_a_crash_is_not_stored(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("campaigns.services.edit.create", lambda **_: 1 / 0)
        assert code(send(api)) == (500, "INTERNAL_ERROR")

    assert not IdempotencyRecord.objects.exists()
    assert send(api).status_code == 201


@pytest.mark.parametrize("key", ["", "k" * 256, "k\t", "κ"])
def test_an_unusable_key_is_refused(api: APIClient, key: str) -> None:
    answer = send(api, key=key.encode().decode("latin-1"))

    assert code(answer) == (400, "VALIDATION_ERROR")
    assert not Campaign.objects.exists()


def test_a_running_twin_is_waited_for_then_refused(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 0.1)
    send(api)
    IdempotencyRecord.objects.update(status=None, body=None, locked_at=timezone.now())

    answer = send(api)

    assert code(answer) == (409, "IDEMPOTENCY_IN_PROGRESS")
    assert answer["Retry-After"] == "1"
    assert Campaign.objects.count() == 1


def test_the_lock_of_a_dead_process_is_taken_over(api: APIClient) -> None:
    send(api)
    IdempotencyRecord.objects.update(status=None, body=None, locked_at=timezone.now() - timedelta(seconds=61))

    assert send(api).status_code == 201
    assert IdempotencyRecord.objects.get().status == 201


def test_who_lost_the_lock_does_not_store_an_answer(store: Store) -> None:
    dead = idempotency.claim_record(store_id=store.pk, key="k1", fingerprint="f")
    IdempotencyRecord.objects.update(locked_at=timezone.now() - timedelta(seconds=61))
    heir = idempotency.claim_record(store_id=store.pk, key="k1", fingerprint="f")

    assert dead is not None
    assert heir is not None
    assert not IdempotencyRecord.objects.filter(pk=dead.id, locked_at=dead.locked_at).exists()


@pytest.mark.django_db(transaction=True)
def test_twins_at_once_have_one_effect_and_one_answer(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    clients = [with_key(store) for _ in range(5)]
    slow = idempotency.fingerprint

    def fingerprint(request: Any) -> str:
        time.sleep(0.05)
        return slow(request)

    monkeypatch.setattr(idempotency, "fingerprint", fingerprint)

    def once(client: APIClient) -> Any:
        try:
            return send(client)
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(once, clients))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Campaign.objects.count() == 1
