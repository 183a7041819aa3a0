"""Tests to own numbers, and direct messages, over HTTP."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from audiences.models import Store, Suppression
from audiences.phones import phone_hash
from billing.services import account_of, grant
from campaigns.models import Campaign, CampaignRecipient
from config.audit import SYSTEM
from config.opaque import public_id
from tests.api.clients import V1, code, pointers
from tests.factories import CampaignFactory, ContactFactory, api_id

MINE = "+306971111111"


def address(campaign: Campaign, action: str) -> str:
    """Where the API does something to a campaign."""
    return f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}/{action}"


def test_a_test_is_sent_once_for_one_key(api: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store, message="Hi {{first_name}}")
    body = {"to": [MINE, "697 222 2222"], "values": {"first_name": "Jo"}}

    answers = [api.post(address(campaign, "test"), body, HTTP_IDEMPOTENCY_KEY="k1") for _ in range(2)]

    assert answers[0].status_code == 202
    assert answers[0].json() == answers[1].json()
    shown = answers[0].json()
    assert (shown["status"], shown["credits_held"], shown["skipped"]) == ("sending", 2, [])
    assert [(one["to"], one["parts"], one["credits"]) for one in shown["messages"]] == [
        (MINE, 1, 1),
        ("+306972222222", 1, 1),
    ]
    assert api.get(f"{V1}/campaigns/{shown['campaign']}/progress").json()["counts"]["pending"] == 2
    assert Campaign.objects.get(kind="test").message == "Hi Jo"


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"to": []}, ("#/to", "min_length")),
        ({"to": [MINE] * 6}, ("#/to", "max_length")),
        ({"to": ["12"]}, ("#/to/0", "too_short")),
        ({"to": [MINE], "values": {"first_name": "{{x}}"}}, ("#/values/first_name", "invalid")),
        ({"to": [MINE], "contact": "con_x"}, ("#/contact", "unknown_id")),
    ],
)
def test_a_bad_test_is_refused(api: APIClient, store: Store, body: dict[str, Any], refusal: tuple[str, str]) -> None:
    answer = api.post(address(CampaignFactory.create(store=store), "test"), body)

    assert code(answer) == (400, "VALIDATION_ERROR")
    assert pointers(answer) == [refusal]
    assert not CampaignRecipient.objects.exists()


def test_another_stores_contact_is_no_sample(api: APIClient, store: Store, other_store: Store) -> None:
    stranger = ContactFactory.create(store=other_store)

    answer = api.post(address(CampaignFactory.create(store=store), "test"), {"to": [MINE], "contact": api_id(stranger)})

    assert code(answer) == (400, "VALIDATION_ERROR")
    assert pointers(answer) == [("#/contact", "unknown_id")]


@pytest.fixture
def rich(store: Store) -> Store:
    """The store with ten credits."""
    grant(store_id=store.pk, amount=10, key="rich", label="", actor=SYSTEM)
    return store


def test_a_direct_message_to_one_number(api: APIClient, rich: Store) -> None:
    answers = [
        api.post(f"{V1}/messages", {"to": MINE, "text": "Code 4711"}, HTTP_IDEMPOTENCY_KEY="k") for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    recipient = CampaignRecipient.objects.get()
    assert answers[0].json()["messages"] == [
        {"id": public_id(recipient.pk, kind="rcp"), "to": MINE, "parts": 1, "credits": 1}
    ]
    assert account_of(rich.pk).held == 1


def test_a_direct_message_to_several_says_who_is_left_out(api: APIClient, rich: Store) -> None:
    Suppression.objects.create(store=rich, phone_hash=phone_hash(MINE), reason="staff", source="staff")

    shown = api.post(f"{V1}/messages", {"to": [MINE, "6972222222"], "text": "Hi", "kind": "service"}).json()

    assert shown["skipped"] == [{"to": MINE, "reason": "suppressed"}]
    assert [one["to"] for one in shown["messages"]] == ["+306972222222"]


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"text": "Hi"}, ("#/to", "required")),
        ({"to": [MINE] * 101, "text": "Hi"}, ("#/to", "max_length")),
        ({"to": MINE, "text": ""}, ("#/text", "blank")),
        ({"to": MINE, "text": "x" * 1601}, ("#/text", "max_length")),
        ({"to": MINE, "text": "Hi {{nope}}"}, ("#/text", "unknown_placeholder")),
        ({"to": MINE, "text": "Hi", "kind": "marketing"}, ("#/kind", "invalid_choice")),
        ({"to": "+30 1", "text": "Hi"}, ("#/to/0", "too_short")),
    ],
)
def test_a_bad_direct_message_is_refused(
    api: APIClient, rich: Store, body: dict[str, Any], refusal: tuple[str, str]
) -> None:
    answer = api.post(f"{V1}/messages", body)

    assert code(answer) == (400, "VALIDATION_ERROR")
    assert pointers(answer) == [refusal]
    assert not Campaign.objects.exists()


def test_a_direct_message_to_nobody_says_why(api: APIClient, rich: Store) -> None:
    out = ContactFactory.create(store=rich, consent="opted_out")

    answer = api.post(f"{V1}/messages", {"to": out.phone, "text": "Hi"})

    assert code(answer) == (400, "NO_RECIPIENTS")
    assert answer.json()["exclusions"] == {"opted_out": 1}


def test_a_direct_message_that_cannot_be_paid(api: APIClient, rich: Store) -> None:
    answer = api.post(f"{V1}/messages", {"to": [f"+3069710{n:05d}" for n in range(11)], "text": "Hi"})

    assert code(answer) == (402, "INSUFFICIENT_CREDITS")
    assert not Campaign.objects.exists()
