"""The message log over HTTP: every attempt, receipt and decision, found without reading the table."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from audiences.models import Store
from campaigns.models import Campaign
from config.opaque import public_id
from messaging.models import MessageLog, ProviderAccount
from messaging.watching import messages
from messaging.watching.messages import first_id_at
from providers.interface import Accepted, Outcome, Refused
from tests.api.clients import V1, code, pointers
from tests.campaigns.roads import handed_over, recipients
from tests.factories import ProviderAccountFactory, api_id
from tests.messaging.words import applied, receipt

MESSAGES = f"{V1}/messages"
NUMBER = Refused("invalid_number", "21211", retryable=False)
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def account(db: None) -> ProviderAccount:
    """An account that is never called here, known as the one of `marked`."""
    return ProviderAccountFactory.create(pk=1)


@pytest.fixture
def campaign(store: Store, account: ProviderAccount) -> Campaign:
    """Two accepted of whom one was delivered, and one refused: four lines."""
    outcomes: list[Outcome] = [Accepted("m-1"), Accepted("m-2"), NUMBER]
    made = handed_over(outcomes, store=store, message="Hello")
    applied(account, receipt(recipients(made)[0]))
    return made


def listed(api: APIClient, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"{MESSAGES}?{query}").json()["results"]
    return found


def timed(store: Store, *offsets: int) -> None:
    """Lines of attempts, so many minutes after noon each."""
    MessageLog.objects.bulk_create(
        MessageLog(store_id=store.pk, kind="attempt", outcome="accepted", at=NOON + timedelta(minutes=offset))
        for offset in offsets
    )


def test_the_newest_is_first_and_knows_its_recipient(api: APIClient, campaign: Campaign) -> None:
    rows = listed(api)

    first = recipients(campaign)[0]
    assert [(row["kind"], row["outcome"]) for row in rows] == [
        ("receipt", "delivered"),
        ("attempt", "refused"),
        ("attempt", "accepted"),
        ("attempt", "accepted"),
    ]
    assert (rows[0]["phone"], rows[0]["status"], rows[0]["raw_status"]) == (first.phone, "delivered", "DELIVERED")
    assert (rows[3]["text"], rows[3]["provider_message_id"], rows[3]["attempt"]) == ("Hello", "m-1", 1)
    assert rows[1]["error_code"] == "21211"


def test_it_is_narrowed_by_kind_outcome_campaign_and_contact(api: APIClient, store: Store, campaign: Campaign) -> None:
    other = handed_over([Accepted(f"n-{n}") for n in range(3)], store=store, people=0, credits=5)
    contact = recipients(campaign)[0].contact

    assert len(listed(api, "kind=receipt")) == 1
    assert [row["error_class"] for row in listed(api, "outcome=refused")] == ["invalid_number"]
    of_other = listed(api, f"campaign={public_id(other.pk, kind='cmp')}")
    assert {row["campaign"] for row in of_other} == {public_id(other.pk, kind="cmp")}
    assert {row["contact"] for row in listed(api, f"contact={api_id(contact)}")} == {api_id(contact)}


def test_a_phone_is_looked_for_in_a_body_never_in_an_address(api: APIClient, campaign: Campaign) -> None:
    wanted = recipients(campaign)[0]

    found = api.post(f"{MESSAGES}/lookup", {"phone": wanted.phone}).json()["results"]
    none = api.post(f"{MESSAGES}/lookup", {"phone": "+306999999999"}).json()["results"]
    refused = api.get(f"{MESSAGES}?phone=%2B306999999999")

    assert [row["outcome"] for row in found] == ["delivered", "accepted"]
    assert none == []
    assert (code(refused), pointers(refused)) == ((400, "VALIDATION_ERROR"), [("#/phone", "unknown_field")])


def test_dates_bound_it(api: APIClient, store: Store) -> None:
    timed(store, 0, 10, 20, 30)

    shown = listed(api, "since=2026-05-04T12:10:00Z&until=2026-05-04T12:30:00Z")

    assert [row["at"] for row in shown] == ["2026-05-04T12:20:00Z", "2026-05-04T12:10:00Z"]


@pytest.mark.parametrize(("minutes", "index"), [(-5, 0), (0, 0), (1, 1), (10, 1), (35, 3), (90, 4)])
def test_a_moment_is_found_by_bisecting(store: Store, minutes: int, index: int) -> None:
    timed(store, 0, 10, 30, 40)

    first = first_id_at(NOON + timedelta(minutes=minutes))

    assert MessageLog.objects.filter(pk__gte=first).count() == 4 - index


def test_an_empty_log_has_no_moments(api: APIClient) -> None:
    assert listed(api, "since=2026-05-04T12:10:00Z") == []


def test_a_narrowed_walk_may_have_short_pages_and_misses_nothing(
    api: APIClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages.Newest, "look", 3)
    timed(store, *range(8))
    MessageLog.objects.filter(pk__in=MessageLog.objects.order_by("pk").values("pk")[:2]).update(outcome="refused")
    pages, page = [], f"{MESSAGES}?outcome=refused&limit=2"

    while page:
        shown = api.get(page).json()
        pages.append(len(shown["results"]))
        page = shown["next"]

    assert sum(pages) == 2
    assert pages[0] == 0


def test_another_stores_lines_do_not_exist(stranger: APIClient, campaign: Campaign) -> None:
    assert listed(stranger) == []
    contact = recipients(campaign)[0].contact
    assert listed(stranger, f"contact={api_id(contact)}") == []
    assert stranger.post(f"{MESSAGES}/lookup", {"phone": contact.phone}).json()["results"] == []


@pytest.mark.parametrize("query", ["kind=gossip", "outcome=maybe", "campaign=1", "since=yesterday", "cursor=x"])
def test_a_bad_question_is_refused(api: APIClient, query: str) -> None:
    assert code(api.get(f"{MESSAGES}?{query}")) == (400, "VALIDATION_ERROR")


def test_a_page_takes_three_statements_however_long(
    api: APIClient, campaign: Campaign, django_assert_max_num_queries: Any
) -> None:
    listed(api)

    with django_assert_max_num_queries(3):
        assert len(listed(api)) == 4
