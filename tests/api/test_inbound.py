"""Texts from people over the API: the list, the review list, decisions, and how the store answers."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from audiences.models import Contact, Store
from config.models import AuditEvent
from config.opaque import public_id
from messaging.inbound.answers import send_owed
from messaging.models import InboundMessage, ProviderAccount
from tests.api.clients import V1, code, pointers
from tests.factories import ContactFactory, CreditAccountFactory, ProviderAccountFactory
from tests.inbound.steps import NUMBER, PHONE, answers, consent, heard, number_of, reasons

pytestmark = pytest.mark.django_db
WORDS = "please take me off your list"


@pytest.fixture
def account(store: Store) -> ProviderAccount:
    """An account with the store's number; the store has credits."""
    CreditAccountFactory.create(store=store)
    account = ProviderAccountFactory.create()
    number_of(store, account)
    return account


@pytest.fixture
def contact(store: Store) -> Contact:
    return ContactFactory.create(store=store, phone=PHONE)


def listed(api: APIClient, **query: Any) -> list[dict[str, Any]]:
    answer = api.get(f"{V1}/inbound", query)
    assert answer.status_code == 200, answer.content
    return list(answer.json()["results"])


def test_a_text_as_the_store_sees_it(api: APIClient, account: ProviderAccount, contact: Contact) -> None:
    message = heard(account, "Stop!")
    send_owed(limit=1)

    [shown] = listed(api)
    assert shown.pop("received_at")
    [campaign] = answers(contact.store)
    assert shown == {
        "id": public_id(message.pk, kind="inb"),
        "contact": public_id(contact.pk, kind="con"),
        "phone": PHONE,
        "to": NUMBER,
        "text": "Stop!",
        "meaning": "stop",
        "outcome": "opted_out",
        "review": "none",
        "reviewed_at": None,
        "reviewed_by": "",
        "answer": {"kind": "stop", "state": "sent", "reason": "", "campaign": public_id(campaign.pk, kind="cmp")},
    }
    assert api.get(f"{V1}/inbound/{shown['id']}").json()["text"] == "Stop!"


def test_a_text_without_an_answer_says_so(api: APIClient, account: ProviderAccount) -> None:
    heard(account, "hello")

    assert listed(api)[0]["answer"] is None


def test_newest_first_in_pages(api: APIClient, account: ProviderAccount) -> None:
    for number in range(5):
        heard(account, f"text {number}")

    first = api.get(f"{V1}/inbound", {"limit": 3}).json()
    second = api.get(first["next"]).json()

    assert [row["text"] for row in first["results"] + second["results"]] == [f"text {n}" for n in (4, 3, 2, 1, 0)]
    assert second["next"] is None


def test_another_store_sees_nothing_of_it(stranger: APIClient, account: ProviderAccount) -> None:
    heard(account, "hello")

    assert listed(stranger) == []


def test_what_is_nobody_s_is_shown_to_nobody(api: APIClient, account: ProviderAccount) -> None:
    heard(account, "hello", to="99999")

    assert listed(api) == []


def test_the_list_is_narrowed(api: APIClient, account: ProviderAccount, contact: Contact) -> None:
    heard(account, "hello", phone="+306971119999")
    heard(account, WORDS)
    heard(account, "HELP")
    InboundMessage.objects.filter(meaning="help").update(received_at=timezone.now() - timedelta(days=2))
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()

    assert [row["text"] for row in listed(api, review="open")] == [WORDS]
    assert [row["text"] for row in listed(api, meaning="help")] == ["HELP"]
    assert [row["text"] for row in listed(api, contact=public_id(contact.pk, kind="con"))] == ["HELP", WORDS]
    assert [row["text"] for row in listed(api, until=yesterday)] == ["HELP"]
    assert [row["text"] for row in listed(api, since=yesterday)] == [WORDS, "hello"]


@pytest.mark.parametrize("query", [{"meaning": "nonsense"}, {"review": ""}, {"contact": "con_x"}, {"since": "soon"}])
def test_a_filter_that_nobody_knows_is_refused(api: APIClient, query: dict[str, str]) -> None:
    assert code(api.get(f"{V1}/inbound", query)) == (400, "VALIDATION_ERROR")


# Decisions ----------------------------------------------------------------------------------------------------------


def path(message: InboundMessage, what: str) -> str:
    return f"{V1}/inbound/{public_id(message.pk, kind='inb')}/{what}"


def test_a_merchant_confirms_an_opt_out(api: APIClient, account: ProviderAccount, contact: Contact) -> None:
    message = heard(account, WORDS)

    answer = api.post(path(message, "confirm"), {"reason": "clear"})

    assert (answer.status_code, answer.json()["review"]) == (200, "confirmed")
    assert answer.json()["reviewed_by"].startswith("key:key_")
    assert consent(contact) == "opted_out"
    assert AuditEvent.objects.get(action="inbound.confirm").reason == "clear"


def test_a_merchant_lifts_a_suppression(api: APIClient, account: ProviderAccount, contact: Contact) -> None:
    message = heard(account, WORDS)

    assert api.post(path(message, "lift"), {}).json()["review"] == "lifted"
    assert (consent(contact), reasons(contact.store)) == ("opted_in", set())


def test_what_was_decided_is_not_decided_again(api: APIClient, account: ProviderAccount, contact: Contact) -> None:
    message = heard(account, WORDS)
    api.post(path(message, "lift"), {})

    assert code(api.post(path(message, "confirm"), {})) == (409, "CONFLICT")


def test_a_reader_decides_nothing(reader: APIClient, account: ProviderAccount, contact: Contact) -> None:
    message = heard(account, WORDS)

    assert code(reader.post(path(message, "lift"), {})) == (403, "FORBIDDEN")


# How the store answers ----------------------------------------------------------------------------------------------


def test_the_defaults_of_a_store(api: APIClient) -> None:
    assert api.get(f"{V1}/store/inbound").json() == {"confirm_stop": True, "help": "", "join": False}


def test_a_store_says_how_it_answers(api: APIClient) -> None:
    answer = api.patch(f"{V1}/store/inbound", {"help": "Call 210 000 0000", "join": True})

    expected = {"confirm_stop": True, "help": "Call 210 000 0000", "join": True}
    assert (answer.status_code, answer.json()) == (200, expected)
    assert api.get(f"{V1}/store/inbound").json() == expected


def test_a_help_text_with_an_unknown_placeholder_is_refused(api: APIClient) -> None:
    answer = api.patch(f"{V1}/store/inbound", {"help": "Hi {{nick}}"})

    assert code(answer) == (400, "VALIDATION_ERROR")
    assert [pointer for pointer, _ in pointers(answer)] == ["#/help"]
