"""The doctor compares click counters with the clicks, and counts them again when told to."""

import json

import pytest
from django.core.management import call_command
from django.db import transaction

from audiences.models import Store
from campaigns.models import Campaign, CampaignLink, CampaignProgress
from config.audit import Actor
from config.models import AuditEvent
from config.sql import alone
from messaging.drift_of_clicks import clicks, repair
from messaging.links.count import LOCK, count_clicks
from tests.links.clicking import click, recipients, sent
from tests.links.test_counting import BOT, counters, of_links
from tests.races import at_once

pytestmark = pytest.mark.django_db
ACTOR = Actor("command:test")


@pytest.fixture
def campaign(shop: Store) -> Campaign:
    """Two people clicked, one of them twice, and a robot; one more click is not counted yet."""
    campaign = sent(store=shop, people=3)
    first, second, third = recipients(campaign)
    for one, number in ((first, 1), (first, 2), (second, 1)):
        click(one, number)
    click(third, agent=BOT)
    count_clicks()
    click(third)
    return campaign


def found(campaign: Campaign) -> list[tuple[str, str, int, int]]:
    subject = f"campaign:{campaign.pk}"
    return [(d.name, d.subject.removeprefix(subject), d.expected, d.found) for d in clicks(hours=None)]


def test_counters_that_are_the_clicks_are_no_drift(campaign: Campaign) -> None:
    assert counters(campaign) == (4, 3, 2)
    assert found(campaign) == []


def test_a_counter_that_is_not_is_named(campaign: Campaign) -> None:
    CampaignProgress.objects.filter(pk=campaign.pk).update(clicks=9, human_clicks=3, clickers=1)

    assert found(campaign) == [("clicks.all", "", 4, 9), ("clicks.people", "", 2, 1)]


def test_the_links_are_compared_too(campaign: Campaign) -> None:
    CampaignLink.objects.filter(campaign=campaign, number=2).update(clicks=5, human_clicks=0)

    assert found(campaign) == [("clicks.all", " links", 4, 8), ("clicks.human", " links", 3, 2)]


def test_campaigns_without_links_are_not_looked_at(shop: Store) -> None:
    campaign = sent(store=shop, message="no link")
    CampaignProgress.objects.filter(pk=campaign.pk).update(clicks=9)

    assert clicks(hours=None) == []


def test_the_doctor_tells_and_mends_them(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    CampaignProgress.objects.filter(pk=campaign.pk).update(clicks=9, clickers=0)
    CampaignLink.objects.filter(campaign=campaign).update(clicks=0, people=7)
    before = of_links(campaign)

    with pytest.raises(SystemExit):
        call_command("doctor", "--repair", "--json")  # without --yes
    told = json.loads(capsys.readouterr().out)["found"]
    mine = [row for row in told if row["name"].startswith("clicks.")]
    assert {row["derivable"] for row in mine} == {True}
    assert of_links(campaign) == before

    for drift in clicks(hours=None):
        repair(drift, actor=ACTOR)
    assert (counters(campaign), of_links(campaign)) == ((4, 3, 2), [(3, 2, 2), (1, 1, 1)])
    assert clicks(hours=None) == []
    events = AuditEvent.objects.filter(action="campaign.recount_clicks", subject=f"campaign:{campaign.pk}")
    assert [(event.actor, event.facts) for event in events] == [
        ("command:test", {"clicks": 4, "human": 3, "people": 2})
    ]


def test_what_is_counted_later_is_counted_on(campaign: Campaign) -> None:
    CampaignProgress.objects.filter(pk=campaign.pk).update(clicks=9)
    [drift] = clicks(hours=None)
    repair(drift, actor=ACTOR)

    count_clicks()

    assert counters(campaign) == (5, 4, 3)
    assert clicks(hours=None) == []


@pytest.mark.django_db(transaction=True)
def test_it_is_not_counted_again_while_the_sweep_counts(campaign: Campaign) -> None:
    CampaignProgress.objects.filter(pk=campaign.pk).update(clicks=9)
    [drift] = clicks(hours=None)

    with transaction.atomic():
        assert alone(LOCK)
        assert at_once(1, lambda _: repair(drift, actor=ACTOR)) == [False]

    assert repair(drift, actor=ACTOR)
