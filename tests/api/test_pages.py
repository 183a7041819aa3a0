"""Lists are walked by cursor; a page says where the next one is."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from rest_framework.test import APIClient

from audiences.models import ConsentEvent, Store
from campaigns.models import Campaign
from config.opaque import public_id
from tests.api.clients import V1
from tests.factories import CampaignFactory, ContactFactory, ContactListFactory


def walk(client: APIClient, address: str) -> list[list[Any]]:
    """Every page's rows, from the first to the last."""
    pages = []
    next_page: str | None = address
    while next_page:
        page = client.get(next_page).json()
        assert set(page) == {"next", "results"}
        pages.append(page["results"])
        next_page = page["next"]
    return pages


def test_the_next_page_keeps_filters_and_limit(api: APIClient, store: Store) -> None:
    ContactFactory.create_batch(3, store=store, consent="opted_out")
    ContactFactory.create_batch(2, store=store)

    pages = walk(api, f"{V1}/contacts?limit=2&consent=opted_out")

    assert [len(page) for page in pages] == [2, 1]
    assert {contact["consent"] for page in pages for contact in page} == {"opted_out"}


def test_a_full_last_page_has_no_next(api: APIClient, store: Store) -> None:
    ContactListFactory.create_batch(4, store=store)

    assert [len(page) for page in walk(api, f"{V1}/lists?limit=2")] == [2, 2]


def test_a_page_has_fifty_rows_unless_asked_otherwise(api: APIClient, store: Store) -> None:
    ContactListFactory.create_batch(51, store=store)

    assert [len(page) for page in walk(api, f"{V1}/lists")] == [50, 1]
    assert [len(page) for page in walk(api, f"{V1}/lists?limit=200")] == [51]


def test_a_row_that_arrives_meanwhile_moves_no_other(api: APIClient, store: Store) -> None:
    old = [public_id(row.pk, kind="lst") for row in ContactListFactory.create_batch(3, store=store)]
    first = api.get(f"{V1}/lists?limit=2").json()

    ContactListFactory.create(store=store)
    second = api.get(first["next"]).json()

    assert [row["id"] for row in first["results"] + second["results"]] == old[::-1]


def test_a_cursor_is_opaque(api: APIClient, store: Store) -> None:
    lists = ContactListFactory.create_batch(2, store=store)

    address = api.get(f"{V1}/lists?limit=1").json()["next"]

    assert parse_qs(urlsplit(address).query) == {"limit": ["1"], "cursor": [public_id(lists[1].pk, kind="cur")]}


def test_a_cursor_of_one_store_shows_another_only_its_own(api: APIClient, stranger: APIClient, store: Store) -> None:
    ContactListFactory.create_batch(3, store=store)

    address = api.get(f"{V1}/lists?limit=1").json()["next"]

    assert stranger.get(address).json()["results"] == []


def test_history_is_oldest_first(api: APIClient, store: Store) -> None:
    campaign: Campaign = CampaignFactory.create(store=store, people=1)
    address = f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}"
    for action in ["enqueue", "pause", "resume", "pause", "cancel"]:
        api.post(f"{address}/{action}", {})

    pages = walk(api, f"{address}/history?limit=2")

    told = [[event["event"] for event in page] for page in pages]
    assert told == [["launch", "pause"], ["resume", "pause"], ["cancel"]]


@pytest.mark.parametrize(
    ("resource", "most"), [("contacts", 2), ("lists", 2), ("campaigns", 2), ("billing/ledger", 2), ("api-keys", 2)]
)
def test_a_page_takes_two_queries_however_many_rows(
    api: APIClient, store: Store, django_assert_max_num_queries: Any, resource: str, most: int
) -> None:
    ContactFactory.create_batch(10, store=store)
    ContactListFactory.create_batch(10, store=store)
    CampaignFactory.create_batch(10, store=store)
    api.get(f"{V1}/{resource}")  # writes the key's last use, at most once a minute

    with django_assert_max_num_queries(most):
        assert api.get(f"{V1}/{resource}").json()["results"]


def test_reading_writes_nothing(api: APIClient, store: Store) -> None:
    contact = ContactFactory.create(store=store)
    before = contact.updated_at

    walk(api, f"{V1}/contacts")

    contact.refresh_from_db()
    assert contact.updated_at == before
    assert not ConsentEvent.objects.exists()
