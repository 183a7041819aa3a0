"""The webhook of receipts: who is let in, what is stored, what is answered."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from messaging.models import ProviderAccount, Receipt
from tests.factories import ProviderAccountFactory

pytestmark = pytest.mark.django_db
WORD = {"messageId": "m-1", "deliveryStatus": "Delivered", "updatedAt": "2026-11-22T02:00:00Z", "reference": "ab" * 16}


@pytest.fixture
def account(db: None) -> ProviderAccount:
    """Its webhook secret is `hush`."""
    return ProviderAccountFactory.create()


def post(client: Client, account: ProviderAccount, body: Any, *, slug: str | None = None, **headers: str) -> int:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    address = reverse("receipts", args=[slug or account.slug])
    return client.post(address, content, content_type="application/json", headers=headers or TOKEN).status_code


TOKEN = {"X-Webhook-Token": "hush"}


def signature(body: bytes, secret: str = "hush") -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_a_receipt_is_a_row_before_it_is_answered(client: Client, account: ProviderAccount) -> None:
    assert post(client, account, WORD) == 200

    row = Receipt.objects.get()
    assert (row.account_id, row.provider_message_id, row.reference) == (account.pk, "m-1", "ab" * 16)
    assert (row.status, row.raw_status, row.applied_at, row.tries) == ("delivered", "Delivered", None, 0)


def test_many_come_in_one_call(client: Client, account: ProviderAccount) -> None:
    assert post(client, account, [{**WORD, "messageId": f"m-{n}"} for n in range(1200)]) == 200

    assert Receipt.objects.count() == 1200


def test_the_same_word_is_stored_once_however_often_it_comes(client: Client, account: ProviderAccount) -> None:
    assert [post(client, account, WORD), post(client, account, [WORD, WORD])] == [200, 200]

    assert Receipt.objects.count() == 1


def test_two_accounts_may_say_the_same(client: Client, account: ProviderAccount) -> None:
    post(client, account, WORD)
    post(client, ProviderAccountFactory.create(), WORD)

    assert Receipt.objects.count() == 2


def test_a_signature_lets_in(client: Client, account: ProviderAccount) -> None:
    body = json.dumps(WORD).encode()

    assert post(client, account, body, **{"X-Webhook-Signature": signature(body)}) == 200
    assert Receipt.objects.count() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Webhook-Token": "wrong"},
        {"X-Webhook-Token": ""},
        {"X-Other": "hush"},
        {"X-Webhook-Signature": signature(b"another body")},
        {"X-Webhook-Signature": signature(json.dumps(WORD).encode(), "wrong"), "X-Webhook-Token": "hush"},
    ],
)
def test_nobody_else_is_let_in(client: Client, account: ProviderAccount, headers: dict[str, str]) -> None:
    assert post(client, account, WORD, **headers) == 401

    assert not Receipt.objects.exists()


def test_another_accounts_secret_does_not_open_this_one(client: Client, account: ProviderAccount) -> None:
    other = ProviderAccountFactory.create(
        credentials={"api_key": "k", "traffic_account_id": "t", "webhook_secret": "other"}
    )

    assert post(client, other, WORD) == 401


def test_an_address_that_is_not_there_is_not_found(client: Client, account: ProviderAccount) -> None:
    assert post(client, account, WORD, slug="account-0") == 404


def test_a_stopped_account_still_receives(client: Client, account: ProviderAccount) -> None:
    ProviderAccount.objects.filter(pk=account.pk).update(status="stopped")

    assert post(client, account, WORD) == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"[1]", b"\xff\xfe", b'"text"', b"[" * 5000])
def test_garbage_from_the_provider_is_not_asked_for_again(
    client: Client, account: ProviderAccount, body: bytes
) -> None:
    assert post(client, account, body) == 202
    assert post(client, account, body) == 202

    kept = Receipt.objects.get()
    assert (kept.outcome, kept.status) == ("unreadable", "unknown")
    assert kept.raw == body.decode("utf-8", "replace").replace("\0", "")
    assert kept.applied_at


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"deliveryStatus": None},
        {"messageId": "x\0y", "deliveryStatus": "Deliv\0ered"},
        {"messageId": {"deep": [1]}, "deliveryStatus": ["x"], "updatedAt": {}},
        {"messageId": "x" * 5000, "deliveryStatus": "y" * 5000, "error": {"code": "z" * 5000}},
        {"updatedAt": "0001-01-01T00:00:00+14:00"},
        {"updatedAt": 10**30},
        {"updatedAt": "not a time"},
        {"messageParts": -5},
        {"messageParts": 10**9},
        {"reference": 7, "messageId": 9},
    ],
)
def test_an_odd_receipt_is_stored_as_far_as_it_makes_sense(
    client: Client, account: ProviderAccount, odd: dict[str, Any]
) -> None:
    assert post(client, account, odd) == 200

    assert Receipt.objects.count() == 1


def test_only_a_post_is_a_delivery(client: Client, account: ProviderAccount) -> None:
    assert client.get(reverse("receipts", args=[account.slug])).status_code == 405


def test_without_a_database_the_provider_is_asked_to_come_back(client: Client, account: ProviderAccount) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("the connection is lost")

    with connection.execute_wrapper(away):
        response = client.post(
            reverse("receipts", args=[account.slug]), WORD, content_type="application/json", headers=TOKEN
        )

    assert (response.status_code, response["Retry-After"]) == (503, "5")
