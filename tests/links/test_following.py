"""Following a link: it leads only where the campaign said, and writes one row, or none and still leads there."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from audiences.models import Store
from audiences.services.contacts import delete_contact
from campaigns.links.codes import write
from campaigns.links.keys import keys
from campaigns.models import Campaign, CampaignRecipient
from config.audit import SYSTEM
from config.base62 import ALPHABET
from messaging.links import follow as following
from messaging.models import Click
from tests.api.world import world
from tests.links.clicking import MAP, PHONE, SALE, click, code_of, get, heading, kept, recipients, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(shop: Store) -> Campaign:
    """Two links, two recipients."""
    return sent(store=shop, people=2)


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was asked for nothing yet."""
    monkeypatch.setattr(following, "_lately", following._Lately())


def test_it_leads_to_what_the_text_contained(campaign: Campaign) -> None:
    first, second = recipients(campaign)

    answers = [click(first), click(first, 2), click(second)]

    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, SALE), (302, MAP), (302, SALE)]
    assert kept() == [(first.pk, 1, True, ""), (first.pk, 2, True, ""), (second.pk, 1, True, "")]
    row = Click.objects.earliest("pk")
    assert (row.store_id, row.campaign_id, row.contact_id) == (campaign.store_id, campaign.pk, first.contact_id)
    assert row.counted is False


def test_nothing_of_it_is_stored_or_told_on(campaign: Campaign) -> None:
    answer = click(recipients(campaign)[0])

    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.content == b""
    assert not answer.cookies
    names = {field.name for field in Click._meta.fields}
    assert names == {
        "id", "store_id", "campaign_id", "recipient_id", "contact_id", "number", "human", "robot", "at", "counted",
    }  # fmt: skip


def test_ten_thousand_links_write_nothing_until_one_is_followed(campaign: Campaign) -> None:
    before = world()

    written = {write(keys()[0], recipient_id=number, number=1) for number in range(1, 10_001)}

    assert len(written) == 10_000
    assert world() == before
    click(recipients(campaign)[0])
    after = world()
    assert len(after.pop("Click")) == 1
    before.pop("Click")
    assert after == before


def test_it_takes_two_statements_in_one_transaction(
    campaign: Campaign, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    code = code_of(recipients(campaign)[0])

    with django_assert_num_queries(5):  # savepoint, time-out, look-up, insert, release
        get(code)


@pytest.mark.parametrize(
    "code", ["", "a", "abcdefghijkl", "xxxxxxxxxxxx", "x" * 500, "%00" * 12, "é" * 12, "../admin/", "1/2"]
)
def test_what_is_no_code_is_a_plain_page(db: None, code: str) -> None:
    answer = Client().get(f"/r/{code}")

    assert answer.status_code == 404
    assert kept() == []


def test_every_changed_character_is_refused_without_a_trace(campaign: Campaign) -> None:
    code = code_of(recipients(campaign)[0])

    for at in (0, 5, 11):
        other = next(letter for letter in ALPHABET if letter != code[at])
        answer = get(code[:at] + other + code[at + 1 :])
        assert (answer.status_code, heading(answer)) == (404, "There is nothing here")

    assert kept() == []


def test_a_number_that_the_campaign_has_not_is_refused(campaign: Campaign) -> None:
    first = recipients(campaign)[0]

    assert click(first, 3).status_code == 404
    assert get(write(keys()[0], recipient_id=first.pk + 1_000_000, number=1)).status_code == 404
    assert get(write(keys()[0], recipient_id=0, number=1)).status_code == 404
    assert get(write(keys()[0], recipient_id=(1 << 40) - 1, number=15)).status_code == 404
    assert kept() == []


def test_a_closed_store_and_an_archived_campaign_lead_nowhere(campaign: Campaign) -> None:
    code = code_of(recipients(campaign)[0])

    Store.objects.filter(pk=campaign.store_id).update(status="suspended")
    assert get(code).status_code == 404
    Store.objects.filter(pk=campaign.store_id).update(status="active")
    Campaign.objects.filter(pk=campaign.pk).update(archived_at="2026-01-01T00:00:00Z")
    assert get(code).status_code == 404
    assert kept() == []

    Campaign.objects.filter(pk=campaign.pk).update(archived_at=None)
    assert get(code).status_code == 302


def test_links_of_erased_people_still_lead_there(campaign: Campaign) -> None:
    first, second = recipients(campaign)
    assert first.contact_id
    delete_contact(store=campaign.store, contact_id=first.contact_id, actor=SYSTEM)
    CampaignRecipient.objects.filter(pk=second.pk).update(contact=None, phone=None)

    assert [click(one)["Location"] for one in (first, second)] == [SALE, SALE]
    assert list(Click.objects.order_by("pk").values_list("contact_id", flat=True)) == [first.contact_id, None]


@pytest.mark.parametrize(
    ("language", "said", "lang"),
    [
        ("el-GR,el;q=0.9,en;q=0.8", "Δεν υπάρχει κάτι εδώ", "el"),
        ("en-GB", "There is nothing here", "en"),
        ("de", "There is nothing here", "en"),
        ("", "There is nothing here", "en"),
    ],
)
def test_the_page_speaks_the_readers_language(db: None, language: str, said: str, lang: str) -> None:
    answer = get("abcdefghijkl", accept_language=language)

    assert heading(answer) == said
    assert f'<html lang="{lang}">' in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_only_reading_is_allowed(campaign: Campaign, method: str) -> None:
    assert click(recipients(campaign)[0], method=method).status_code == 405
    assert kept() == []


def test_old_links_work_after_the_key_was_rotated(campaign: Campaign, settings: Settings) -> None:
    old = code_of(recipients(campaign)[0])
    settings.LINK_KEYS = {"1": "a new secret of this installation", **settings.LINK_KEYS}

    assert get(old)["Location"] == SALE
    assert code_of(recipients(campaign)[0]) != old
    assert click(recipients(campaign)[0])["Location"] == SALE


def test_one_address_follows_so_many_in_a_minute(campaign: Campaign, settings: Settings, uncounted: None) -> None:
    settings.LINKS_RATE = 3
    code = code_of(recipients(campaign)[0])

    statuses = [get(text).status_code for text in (code, "abcdefghijkl", code, code, "abcdefghijkl")]

    assert statuses == [302, 404, 302, 429, 429]
    refused = get(code, accept_language="el")
    assert heading(refused) == "Μια στιγμή, παρακαλώ"
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert len(kept()) == 2


def test_addresses_are_counted_apart_and_a_whole_network_of_ipv6_as_one(
    campaign: Campaign, settings: Settings, uncounted: None
) -> None:
    settings.LINKS_RATE = 1
    path = f"/r/{code_of(recipients(campaign)[0])}"
    client = Client(headers={"user-agent": PHONE})

    statuses = [
        client.get(path, REMOTE_ADDR=ip).status_code
        for ip in ("192.0.2.1", "192.0.2.2", "192.0.2.1", "2001:db8::1", "2001:db8::2:1", "2001:db8:0:1::1")
    ]

    assert statuses == [302, 302, 429, 302, 429, 302]
    assert [client.get(path, REMOTE_ADDR="").status_code for _ in range(2)] == [302, 302]


class Broken:
    """Fails statements that contain a word, as a database does that is away or too slow."""

    def __init__(self, word: str) -> None:
        self.word = word

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.word in sql:
            raise OperationalError("the database is away")
        return execute(sql, params, many, context)


@pytest.fixture
def without_inserts() -> Iterator[None]:
    """Nothing can be written."""
    with connection.execute_wrapper(Broken("INSERT")):
        yield


def test_a_click_that_cannot_be_written_down_still_leads_there(campaign: Campaign, without_inserts: None) -> None:
    assert click(recipients(campaign)[0])["Location"] == SALE
    assert kept() == []


def test_without_a_database_links_that_were_followed_lately_go_on(campaign: Campaign) -> None:
    first, second = recipients(campaign)
    click(first)

    with connection.execute_wrapper(Broken("campaigns_campaignlink")):
        known, unknown = click(first), click(second)

    assert known["Location"] == SALE
    assert (unknown.status_code, heading(unknown)) == (503, "Not reachable at the moment")
    assert unknown["Retry-After"] == "5"
    assert len(kept()) == 1


def test_only_the_latest_links_are_remembered(monkeypatch: pytest.MonkeyPatch, campaign: Campaign) -> None:
    monkeypatch.setattr(following, "REMEMBERED", 1)
    first, second = recipients(campaign)
    click(first)
    click(second)

    with connection.execute_wrapper(Broken("campaigns_campaignlink")):
        assert [click(first).status_code, click(second).status_code] == [503, 302]


def test_a_slow_statement_is_given_up(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "PATIENCE_SECONDS", 0.05)
    slow = "SELECT pg_sleep(30), "

    def sleepily(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        return execute(sql.replace("SELECT l.url", f"{slow} l.url", 1), params, many, context)

    with connection.execute_wrapper(sleepily):
        assert click(recipients(campaign)[0]).status_code == 503
