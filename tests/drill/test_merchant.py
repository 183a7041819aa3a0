"""The stores of the drill, against a real web server that is sometimes not there."""

import time

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from audiences.models import Contact
from billing.models import CreditReservation
from campaigns.models import Campaign
from config.opaque import public_id
from messaging.drill.merchant import Merchant
from messaging.drill.seed import Seeded, seed

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def seeded(live_server: LiveServer, settings: Settings) -> Seeded:
    settings.PUBLIC_URL = live_server.url
    return seed(recipients=30, rate=10, echoes=True)


def tick(merchant: Merchant, *, times: int = 1) -> None:
    for _ in range(times):
        merchant._look_at = 0.0
        merchant.tick()


def test_there_are_two_stores_with_people_and_credits(seeded: Seeded) -> None:
    assert Contact.objects.filter(store_id=seeded.large.store_id).count() == 30
    assert Contact.objects.filter(store_id=seeded.small.store_id).count() == 20
    assert Contact.objects.values("phone").distinct().count() == 50


def test_it_launches_to_everybody_and_waits_for_the_end(seeded: Seeded) -> None:
    merchant = Merchant(seeded.large, rest=0, plans=False)

    tick(merchant, times=3)

    campaign = Campaign.objects.get()
    assert (campaign.status, campaign.store_id) == ("sending", seeded.large.store_id)
    assert merchant.launched == [public_id(campaign.pk, kind="cmp")]
    assert CreditReservation.objects.get().amount == 30


def test_when_one_has_ended_the_next_begins(seeded: Seeded) -> None:
    merchant = Merchant(seeded.large, rest=0, plans=False)
    tick(merchant)
    assert merchant.move("cancel")

    tick(merchant)
    tick(merchant)

    assert list(Campaign.objects.order_by("pk").values_list("status", flat=True)) == ["cancelled", "sending"]
    assert len(merchant.launched) == 2
    assert merchant.cancelled == merchant.launched[:1]


def test_an_answer_that_is_lost_is_asked_for_again_under_the_same_key(
    seeded: Seeded, settings: Settings, live_server: LiveServer
) -> None:
    settings.PUBLIC_URL = NOBODY
    merchant = Merchant(seeded.large, rest=0, plans=False)
    tick(merchant)
    assert (merchant.launched, merchant.answers_lost) == ([], 1)

    settings.PUBLIC_URL = live_server.url
    tick(merchant)

    assert Campaign.objects.get().status == "sending"


def test_a_campaign_that_was_launched_although_the_answer_was_lost_is_not_launched_twice(seeded: Seeded) -> None:
    merchant = Merchant(seeded.large, rest=0, plans=False)
    tick(merchant)
    merchant._live, merchant._draft = False, {"campaign": merchant.launched.pop(), "quote": "quo_x", "key": "k"}

    tick(merchant)

    assert Campaign.objects.count() == CreditReservation.objects.count() == 1
    assert len(merchant.launched) == 1


def test_every_second_one_is_scheduled_by_who_plans(seeded: Seeded) -> None:
    merchant = Merchant(seeded.small, rest=0, plans=True)
    tick(merchant)
    merchant.move("cancel")
    tick(merchant, times=2)

    assert list(Campaign.objects.order_by("pk").values_list("status", "priority")) == [
        ("cancelled", 1),
        ("scheduled", 1),
    ]


def test_it_pauses_resumes_and_is_told_when_that_was_refused(seeded: Seeded) -> None:
    merchant = Merchant(seeded.large, rest=0, plans=False)
    assert not merchant.move("pause")  # there is none yet
    tick(merchant)

    assert [merchant.move(event) for event in ("pause", "pause", "resume")] == [True, False, True]


def test_somebody_opts_out(seeded: Seeded) -> None:
    contact = Contact.objects.filter(store_id=seeded.large.store_id).first()
    assert contact

    assert Merchant(seeded.large, rest=0, plans=False).opt_out(public_id(contact.pk, kind="con"))

    contact.refresh_from_db()
    assert contact.consent == "opted_out"


def test_it_looks_once_a_second(seeded: Seeded, settings: Settings) -> None:
    settings.PUBLIC_URL = NOBODY
    merchant = Merchant(seeded.large, rest=0, plans=False)
    until = time.monotonic() + 0.2
    while time.monotonic() < until:
        merchant.tick()

    assert merchant.answers_lost == 1
