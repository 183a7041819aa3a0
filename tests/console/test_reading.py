"""Pages read the API inside the process: the same numbers, one request to count, nobody's header to listen to."""

import pytest
from django.test import Client
from pytest_django import Settings

from audiences.models import Store
from audiences.services.keys import issue_key
from config.audit import SYSTEM
from tests.console.conftest import as_member
from tests.factories import CampaignFactory, ContactFactory, MemberFactory, api_id


def test_a_page_counts_as_one_request(uncounted: None, store: Store, settings: Settings) -> None:
    settings.API_RATE_GENERAL = 3
    browser = as_member(store)

    answers = [browser.get("/") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 0 < int(answers[3]["Retry-After"]) <= 60
    assert b"data-countdown" in answers[3].content


def test_a_key_in_the_request_is_not_whose_page_it_is(store: Store, other_store: Store) -> None:
    CampaignFactory.create(store=other_store, name="Their secret")
    theirs = issue_key(store=other_store, name="theirs", scopes=("read",), actor=SYSTEM)

    answer = as_member(store).get("/campaigns", headers={"authorization": f"Bearer {theirs.plain}"})

    assert answer.status_code == 200
    assert b"Their secret" not in answer.content


def test_the_store_of_the_header_is_one_of_mine_or_none(store: Store, other_store: Store) -> None:
    member = MemberFactory.create(store=store)
    browser = Client()
    browser.force_login(member.user)

    answer = browser.get("/", headers={"x-store": api_id(other_store)})

    assert (answer.status_code, answer["Location"]) == (302, "/stores")


def test_the_next_page_keeps_the_filters(store: Store, owner: Client) -> None:
    ContactFactory.create_batch(60, store=store)

    first = owner.get("/contacts?consent=opted_in").content.decode()
    address = first.split('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = owner.get(f"/contacts{address}".replace("&amp;", "&")).content.decode()

    assert "consent=opted_in&amp;cursor=" in address
    assert first.count("/contacts/con_") == 50
    assert second.count("/contacts/con_") == 10


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*"])
def test_what_a_browser_accepts_is_about_the_page(owner: Client, accept: str) -> None:
    assert owner.get("/", headers={"accept": accept}).status_code == 200
