"""Clicks in the counters: each once, people apart from robots, and shown wherever a campaign is looked at."""

from datetime import datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from audiences.models import Store
from campaigns.metrics import LinkClicks, measure
from campaigns.models import Campaign, CampaignLink, CampaignProgress, CampaignRecipient
from campaigns.progress import read
from config.opaque import public_id
from messaging.links import count
from messaging.links.count import count_clicks
from messaging.models import Click
from messaging.watching.dashboard import dashboard
from messaging.watching.trace import trace
from tests.api.clients import V1, with_key
from tests.links.clicking import MAP, PHONE, SALE, click, recipients, sent
from tests.races import at_once

pytestmark = pytest.mark.django_db
BOT = "WhatsApp/2.23"


@pytest.fixture
def campaign(shop: Store) -> Campaign:
    """Two links, three recipients."""
    return sent(store=shop, people=3)


def counters(campaign: Campaign) -> tuple[int, int, int]:
    """(clicks, human clicks, people who clicked) of the campaign."""
    [row] = CampaignProgress.objects.filter(pk=campaign.pk).values_list("clicks", "human_clicks", "clickers")
    return row


def of_links(campaign: Campaign) -> list[tuple[int, int, int]]:
    """The same of each link."""
    rows = CampaignLink.objects.filter(campaign=campaign).order_by("number")
    return list(rows.values_list("clicks", "human_clicks", "people"))


def test_nothing_is_counted_by_the_redirect(campaign: Campaign) -> None:
    click(recipients(campaign)[0])

    assert counters(campaign) == (0, 0, 0)


def test_each_click_is_counted_once_and_each_person_once(campaign: Campaign) -> None:
    first, second, _ = recipients(campaign)
    for agent in (PHONE, PHONE, BOT):
        click(first, agent=agent)
    click(first, 2)
    click(second, agent=BOT)

    counts = count_clicks()

    assert counts == {"clicks": 5, "people": 1, "deliveries": 0, "rung": 0}
    assert counters(campaign) == (5, 3, 1)
    assert of_links(campaign) == [(4, 2, 1), (1, 1, 1)]
    assert count_clicks() == {"clicks": 0, "people": 0, "deliveries": 0, "rung": 0}
    assert counters(campaign) == (5, 3, 1)


def test_who_comes_back_later_is_no_new_person(campaign: Campaign) -> None:
    first = recipients(campaign)[0]
    for number in (1, 1, 2, 2):
        click(first, number)
        count_clicks()

    assert counters(campaign) == (4, 4, 1)
    assert of_links(campaign) == [(2, 2, 1), (2, 2, 1)]


def test_a_robot_before_a_person_takes_nothing_from_them(campaign: Campaign) -> None:
    first = recipients(campaign)[0]
    click(first, agent=BOT)
    count_clicks()
    assert not CampaignRecipient.objects.filter(clicked_at__isnull=False).exists()

    click(first)
    count_clicks()

    assert counters(campaign) == (2, 1, 1)
    assert of_links(campaign) == [(2, 1, 1), (0, 0, 0)]


def test_the_first_click_is_the_recipients_time(campaign: Campaign) -> None:
    first, second, third = recipients(campaign)
    for one, number in ((first, 2), (first, 1), (second, 1)):
        click(one, number)
    count_clicks()

    times = dict(CampaignRecipient.objects.filter(campaign=campaign).values_list("pk", "clicked_at"))
    clicks: dict[int, datetime] = {}
    for row in Click.objects.order_by("-pk"):
        clicks[row.recipient_id] = row.at
    assert times == {first.pk: clicks[first.pk], second.pk: clicks[second.pk], third.pk: None}


def test_chunks_follow_each_other_until_nothing_is_left(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count, "CHUNK", 2)
    for one in recipients(campaign):
        click(one)
        click(one, 2)
        click(one, agent=BOT)

    counts = count_clicks()

    assert (counts["clicks"], counts["people"]) == (9, 3)
    assert counters(campaign) == (9, 6, 3)
    assert of_links(campaign) == [(6, 3, 3), (3, 3, 3)]


def test_campaigns_are_counted_apart(shop: Store, campaign: Campaign, store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(links_base_url="https://go.example")
    other = sent(store=Store.objects.get(pk=store.pk), people=2)
    for one in [*recipients(campaign)[:1], *recipients(other)]:
        click(one)

    count_clicks()

    assert (counters(campaign), counters(other)) == ((1, 1, 1), (2, 2, 2))


def test_a_click_whose_campaign_is_gone_keeps_nobody_waiting(campaign: Campaign) -> None:
    gone = {"store_id": campaign.store_id, "campaign_id": campaign.pk + 1000, "recipient_id": 1, "number": 1}
    Click.objects.create(**gone, human=True)
    click(recipients(campaign)[0])

    assert count_clicks()["clicks"] == 2
    assert counters(campaign) == (1, 1, 1)


def test_counters_and_rows_agree_after_anything(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count, "CHUNK", 3)
    first, second, third = recipients(campaign)
    for turn, one in enumerate([first, second, first, third, second, second, first, third] * 2):
        click(one, 1 + turn % 2, **({"agent": BOT} if turn % 3 == 0 else {}))
        if turn % 5 == 0:
            count_clicks()
    count_clicks()

    rows = Click.objects.filter(campaign_id=campaign.pk)
    people = rows.filter(human=True)
    assert counters(campaign) == (
        rows.count(),
        people.count(),
        people.values("recipient_id").distinct().count(),
    )
    assert of_links(campaign) == [
        (
            rows.filter(number=number).count(),
            people.filter(number=number).count(),
            people.filter(number=number).values("recipient_id").distinct().count(),
        )
        for number in (1, 2)
    ]


def test_a_campaign_shows_them(campaign: Campaign) -> None:
    first, second, _ = recipients(campaign)
    before = read(campaign.pk)
    click(first)
    click(first)
    click(second, agent=BOT)
    CampaignProgress.objects.filter(pk=campaign.pk).update(pending=0, sent=3)
    count_clicks()

    progress, found = read(campaign.pk), measure(campaign).clicks
    assert (progress.clicks, progress.human_clicks, progress.clickers) == (3, 2, 1)
    assert (before.clicks, before.etag != progress.etag) == (0, True)
    assert (found.clicks, found.human, found.people, found.rate) == (3, 2, 1, 0.3333)
    assert found.links == [LinkClicks(1, SALE, 3, 2, 1, 0.3333), LinkClicks(2, MAP, 0, 0, 0, 0.0)]


def test_the_api_shows_them(shop: Store, campaign: Campaign) -> None:
    first, _, _ = recipients(campaign)
    click(first)
    CampaignProgress.objects.filter(pk=campaign.pk).update(pending=0, sent=3)
    count_clicks()
    api, path = with_key(shop, "read"), f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}"

    metrics = api.get(f"{path}/metrics").json()["clicks"]
    progress = api.get(f"{path}/progress").json()
    totals = api.get(f"{V1}/store/dashboard").json()["totals"]

    assert {name: metrics[name] for name in ("clicks", "human", "people", "rate")} == {
        "clicks": 1,
        "human": 1,
        "people": 1,
        "rate": 0.3333,
    }
    assert metrics["links"][1] == {
        "number": 2,
        "url": MAP,
        "clicks": 0,
        "human_clicks": 0,
        "people": 0,
        "rate": 0.0,
    }
    assert (progress["clicks"], progress["human_clicks"], progress["clickers"]) == (1, 1, 1)
    assert (totals["clicks"], totals["clickers"], totals["click_rate"]) == (1, 1, 0.3333)


def listed(api: APIClient, campaign: Campaign, **query: str) -> list[dict[str, Any]]:
    path = f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}/recipients"
    rows: list[dict[str, Any]] = api.get(path, query).json()["results"]
    return rows


def test_recipients_are_narrowed_by_whether_they_clicked(shop: Store, campaign: Campaign) -> None:
    first, second, third = (public_id(one.pk, kind="rcp") for one in recipients(campaign))
    click(recipients(campaign)[1])
    count_clicks()
    api = with_key(shop, "read")

    assert [row["id"] for row in listed(api, campaign, clicked="true")] == [second]
    assert [row["id"] for row in listed(api, campaign, clicked="false")] == [first, third]
    assert [bool(row["clicked_at"]) for row in listed(api, campaign)] == [False, True, False]
    path = f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}/recipients"
    assert api.get(path, {"clicked": "perhaps"}).status_code == 400
    exported = b"".join(api.get(f"{path}.csv")).decode().splitlines()
    assert exported[0].endswith(",clicked_at")
    assert [line.endswith(",") for line in exported[1:]] == [True, False, True]


def test_the_trace_tells_each_click(campaign: Campaign) -> None:
    first = recipients(campaign)[0]
    click(first, agent=BOT)
    click(first, 2)

    steps = [step for step in trace(campaign=campaign, recipient=first).steps if step.code.startswith("click.")]

    assert [(step.code, step.facts["url"], step.facts["robot"]) for step in steps] == [
        ("click.robot", SALE, "agent"),
        ("click.human", MAP, ""),
    ]
    assert trace(campaign=campaign, recipient=recipients(campaign)[1]).steps[-1].code == "now.sent"


def test_the_dashboard_adds_them_up(shop: Store, campaign: Campaign) -> None:
    for one in recipients(campaign)[:2]:
        click(one)
    CampaignProgress.objects.filter(pk=campaign.pk).update(pending=0, sent=3)
    count_clicks()

    totals = dashboard(shop).totals

    assert (totals.clicks, totals.clickers, totals.click_rate) == (2, 2, 0.6667)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_many_sweeps_at_once_each_click_is_counted_by_one(shop: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count, "CHUNK", 7)
    campaign = sent(store=shop, people=20)
    for one in recipients(campaign):
        click(one)
        click(one, 2, agent=BOT)

    results = at_once(6, lambda _: count_clicks())
    count_clicks()

    assert [result for result in results if isinstance(result, Exception)] == []
    assert counters(campaign) == (40, 20, 20)
    assert of_links(campaign) == [(20, 20, 20), (20, 0, 0)]
