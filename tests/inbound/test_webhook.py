"""The webhook of texts: who is let in, what is stored, what is answered. Its twin is test_webhook_receipts.py."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audiences.phones import phone_hash
from messaging.inbound.inbox import number_of, store
from messaging.models import InboundMessage, ProviderAccount
from providers.interface import Inbound
from tests.factories import ProviderAccountFactory

pytestmark = pytest.mark.django_db
SAID = {
    "messageId": "in-1",
    "from": "306971112233",
    "to": "+30 690 000 0000",
    "text": "Στοπ",
    "timestamp": "2026-11-22T02:00:00Z",
}
TOKEN = {"X-Webhook-Token": "hush"}


def post(client: Client, account: ProviderAccount, body: Any, **headers: str) -> int:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    address = reverse("inbound", args=[account.slug])
    return client.post(address, content, content_type="application/json", headers=headers or TOKEN).status_code


def test_a_text_is_a_row_before_it_is_answered(client: Client, account: ProviderAccount) -> None:
    assert post(client, account, SAID) == 200

    row = InboundMessage.objects.get()
    assert (row.account_id, row.provider_message_id, row.to, row.text) == (account.pk, "in-1", "306900000000", "Στοπ")
    assert (row.phone, bytes(row.phone_hash or b"")) == ("+306971112233", phone_hash("+306971112233"))
    assert (row.applied_at, row.store, row.meaning, row.review) == (None, None, "", "none")
    assert row.said_at
    assert row.said_at.isoformat() == "2026-11-22T02:00:00+00:00"


def test_many_come_in_one_call(client: Client, account: ProviderAccount) -> None:
    assert post(client, account, [{**SAID, "messageId": f"in-{n}"} for n in range(1200)]) == 200

    assert InboundMessage.objects.count() == 1200


def test_the_same_text_is_stored_once_however_often_it_comes(client: Client, account: ProviderAccount) -> None:
    assert [post(client, account, SAID), post(client, account, [SAID, SAID])] == [200, 200]

    assert InboundMessage.objects.count() == 1


def test_two_accounts_may_say_the_same(client: Client, account: ProviderAccount) -> None:
    post(client, account, SAID)
    post(client, ProviderAccountFactory.create(), SAID)

    assert InboundMessage.objects.count() == 2


def test_a_signature_over_the_raw_body_lets_in(client: Client, account: ProviderAccount) -> None:
    body = json.dumps(SAID, indent=3).encode()
    signed = hmac.new(b"hush", body, hashlib.sha256).hexdigest()

    assert post(client, account, body, **{"X-Webhook-Signature": signed}) == 200
    assert post(client, account, body + b" ", **{"X-Webhook-Signature": signed}) == 401


@pytest.mark.parametrize("headers", [{"X-Webhook-Token": "wrong"}, {"X-Webhook-Token": ""}, {"X-Other": "hush"}])
def test_nobody_else_is_let_in(client: Client, account: ProviderAccount, headers: dict[str, str]) -> None:
    assert post(client, account, SAID, **headers) == 401

    assert not InboundMessage.objects.exists()


def test_a_form_signed_as_twilio_does(client: Client) -> None:
    url = "https://shop.example/inbound"
    account = ProviderAccountFactory.create(
        provider="twilio",
        credentials={"account_sid": "AC1", "auth_token": "hush"},
        options={"inbound_url": url},
    )
    form = {"MessageSid": "SM1", "From": "+306971112233", "To": "+306900000000", "Body": "STOP"}
    signed = url + "".join(name + form[name] for name in sorted(form))
    proof = base64.b64encode(hmac.new(b"hush", signed.encode(), hashlib.sha1).digest()).decode()
    address, content = reverse("inbound", args=[account.slug]), urlencode(form)

    answers = [
        client.post(
            address, content, content_type="application/x-www-form-urlencoded", headers={"X-Twilio-Signature": sign}
        )
        for sign in (proof, "AAAA")
    ]

    assert [answer.status_code for answer in answers] == [200, 401]
    assert InboundMessage.objects.get().text == "STOP"


def test_an_address_that_is_not_there_is_not_found(client: Client, account: ProviderAccount) -> None:
    assert client.post(reverse("inbound", args=["account-0"]), SAID, headers=TOKEN).status_code == 404


def test_a_stopped_account_still_receives(client: Client, account: ProviderAccount) -> None:
    ProviderAccount.objects.filter(pk=account.pk).update(status="stopped")

    assert post(client, account, SAID) == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"[1]", b"\xff\xfe", b'"text"', b"[" * 5000])
def test_garbage_is_kept_for_a_person_and_not_asked_for_again(
    client: Client, account: ProviderAccount, body: bytes
) -> None:
    assert [post(client, account, body), post(client, account, body)] == [202, 202]

    kept = InboundMessage.objects.get()
    assert (kept.meaning, kept.outcome, kept.store) == ("unreadable", "unreadable", None)
    assert kept.text == body[:2000].decode("utf-8", "replace").replace("\0", "")
    assert kept.applied_at


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"from": None, "text": None},
        {"from": "x" * 500, "to": "y" * 500, "text": "z" * 50_000, "messageId": "i" * 5000},
        {"from": "30697\0111", "text": "a\0b", "messageId": "m\0"},
        {"from": ["x"], "text": {"deep": [1]}, "to": 7},
        {"timestamp": 10**30},
        {"timestamp": "not a time"},
    ],
)
def test_an_odd_text_is_stored_as_far_as_it_makes_sense(
    client: Client, account: ProviderAccount, odd: dict[str, Any]
) -> None:
    assert post(client, account, odd) == 200

    assert InboundMessage.objects.count() == 1


def test_only_a_post_is_a_text(client: Client, account: ProviderAccount) -> None:
    assert client.get(reverse("inbound", args=[account.slug])).status_code == 405


def test_without_a_database_the_provider_is_asked_to_come_back(client: Client, account: ProviderAccount) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("the connection is lost")

    with connection.execute_wrapper(away):
        response = client.post(
            reverse("inbound", args=[account.slug]), SAID, content_type="application/json", headers=TOKEN
        )

    assert (response.status_code, response["Retry-After"]) == (503, "5")


# Texts without an id ------------------------------------------------------------------------------------------------


def nameless(text: str = "STOP", *, at: bool = False) -> Inbound:
    return Inbound("digest", None, "+306971112233", "306900000000", text, timezone.now() if at else None)


def test_without_id_and_time_a_repetition_within_the_hour_is_one(account: ProviderAccount) -> None:
    store(account, [nameless()])
    store(account, [nameless()])

    rows = list(InboundMessage.objects.order_by("pk"))
    assert len(rows) <= 2  # the hour may end between the two
    assert all(row.dedupe.startswith("digest:") for row in rows)


def test_without_id_and_time_a_stop_of_another_hour_is_a_new_one(account: ProviderAccount) -> None:
    store(account, [nameless()])
    then = timezone.now() - timedelta(hours=2)
    InboundMessage.objects.update(dedupe=f"digest:{then:%Y%m%d%H}")

    store(account, [nameless()])

    assert InboundMessage.objects.count() == 2


def test_with_a_time_the_text_is_known_by_what_it_says(account: ProviderAccount) -> None:
    store(account, [nameless(at=True), nameless(at=True)])

    assert InboundMessage.objects.get().dedupe == "digest"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+306900000000", "306900000000"),
        ("00306900000000", "306900000000"),
        ("30 690-000 (00).00", "306900000000"),
        ("12345", "12345"),
        ("Shop", "Shop"),
        ("", ""),
        ("x" * 100, "x" * 40),
    ],
)
def test_our_numbers_are_compared_by_their_digits(written: str, number: str) -> None:
    assert number_of(written) == number
