"""Quiet hours put people off, frequency caps leave them out; neither fails anybody, and both say why."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from audiences.models import Contact, Store
from campaigns.drift import find_drift
from campaigns.models import Campaign, CampaignRecipient, SendBatch
from campaigns.progress import read
from campaigns.quotes import Draft, make_quote
from campaigns.services.finish import close_cancelled
from campaigns.services.moves import cancel
from config.audit import SYSTEM
from messaging.sending.claim import claim
from messaging.sending.sender import send_next
from providers.interface import Accepted, Outcome, Refused
from tests.campaigns.roads import handed_over
from tests.factories import CampaignFactory, ContactFactory
from tests.steps import assert_holds_match, assert_sound, batch_states, due_now, launched, money, statuses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("account")]
# Zones without summer time, so that these tests pass on every day of the year.
ZONES = {"lagos": "Africa/Lagos", "nairobi": "Africa/Nairobi", "dubai": "Asia/Dubai"}  # UTC +1, +3, +4


def quiet(store: Store, *, since: float, hours: float) -> None:
    """Let it be quiet in Nairobi since so many hours, and for so many more."""
    now = timezone.now().astimezone(ZoneInfo(ZONES["nairobi"])).replace(microsecond=0)
    start, end = (now - timedelta(hours=since)).time(), (now + timedelta(hours=hours)).time()
    Store.objects.filter(pk=store.pk).update(quiet_from=start, quiet_until=end)


def loud(store: Store) -> None:
    """The night is over."""
    Store.objects.filter(pk=store.pk).update(quiet_from=None, quiet_until=None)


def people(store: Store, **zones: int) -> None:
    """So many contacts in each zone."""
    for zone, number in zones.items():
        ContactFactory.create_batch(number, store=store, time_zone=ZONES[zone])


def hours_until(moment: datetime) -> float:
    """From now, to a tenth of an hour."""
    return round((moment - timezone.now()).total_seconds() / 3600, 1)


def deferred(campaign: Campaign) -> list[tuple[int, float]]:
    """(recipients, hours from now) of the batches that wait for later."""
    rows = SendBatch.objects.filter(campaign=campaign, state="ready").order_by("ready_at")
    return [(batch.size, hours_until(batch.ready_at)) for batch in rows]


def test_who_sleeps_is_put_off_until_he_wakes_and_the_others_get_it(store: Store) -> None:
    people(store, nairobi=3, lagos=2)
    quiet(store, since=1, hours=1)
    campaign = launched(store=store, people=0)

    assert send_next()["accepted"] == 2

    assert statuses(campaign) == {"sent": 2, "pending": 3}
    assert deferred(campaign) == [(3, 1.0)]
    assert batch_states(campaign) == ["done", "ready"]


def test_there_is_a_batch_for_each_moment(store: Store) -> None:
    people(store, nairobi=3, dubai=2, lagos=1)
    quiet(store, since=1, hours=2)  # in Dubai, an hour ahead, one hour less

    campaign = launched(store=store, people=0)
    send_next()

    assert deferred(campaign) == [(2, 1.0), (3, 2.0)]
    assert statuses(campaign) == {"sent": 1, "pending": 5}


def test_the_campaign_goes_on_when_they_wake_and_ends_then(store: Store) -> None:
    people(store, nairobi=3, lagos=2)
    quiet(store, since=1, hours=1)
    campaign = launched(store=store, people=0)
    send_next()
    assert (Campaign.objects.get(pk=campaign.pk).status, money(campaign)) == ("sending", (998, 3))

    loud(store)
    due_now(campaign)
    assert send_next()["accepted"] == 3

    assert Campaign.objects.get(pk=campaign.pk).status == "completed"
    assert money(campaign) == (995, 0)
    assert_holds_match(campaign)
    assert_sound()
    assert find_drift() == []


def test_a_batch_of_sleepers_is_done_without_a_call(store: Store) -> None:
    people(store, nairobi=3)
    quiet(store, since=1, hours=1)
    campaign = launched(store=store, people=0)

    work = claim("worker")

    assert work
    assert work.people == []
    assert batch_states(campaign) == ["done", "ready"]
    waiting = SendBatch.objects.get(campaign=campaign, state="ready")
    assert (waiting.size, waiting.parts, waiting.attempt, waiting.spent) == (3, 3, 0, 0)
    assert waiting.reservation_id == campaign.reservation_id


def test_who_sleeps_again_when_his_time_comes_is_put_off_again(store: Store) -> None:
    people(store, nairobi=2)
    quiet(store, since=1, hours=1)
    campaign = launched(store=store, people=0)
    send_next()

    due_now(campaign)
    assert send_next()["accepted"] == 0

    assert deferred(campaign) == [(2, 1.0)]
    assert batch_states(campaign) == ["done", "done", "ready"]


def test_a_service_message_wakes_people(store: Store) -> None:
    people(store, nairobi=2)
    quiet(store, since=1, hours=1)
    campaign = launched(store=store, people=0, kind="service")

    assert send_next()["accepted"] == 2

    assert Campaign.objects.get(pk=campaign.pk).status == "completed"


def test_who_sleeps_and_opted_out_meanwhile_is_skipped(store: Store) -> None:
    people(store, nairobi=2)
    quiet(store, since=1, hours=1)
    campaign = launched(store=store, people=0)
    Contact.objects.filter(pk=Contact.objects.filter(store=store).latest("pk").pk).update(consent="opted_out")

    send_next()

    assert read(campaign.pk).skipped_by_reason == {"opted_out": 1}
    assert deferred(campaign) == [(1, 1.0)]


def test_cancelled_they_are_never_woken(store: Store) -> None:
    people(store, nairobi=2, lagos=1)
    quiet(store, since=1, hours=1)
    campaign = launched(store=store, people=0)
    send_next()

    cancel(store_id=store.pk, campaign_id=campaign.pk, actor=SYSTEM)
    close_cancelled(limit=10)

    assert statuses(campaign) == {"sent": 1, "cancelled": 2}
    assert money(campaign) == (999, 0)
    assert_holds_match(campaign)


def test_a_cap_that_was_reached_since_the_snapshot_skips(store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(cap_per_day=1)
    store.refresh_from_db()
    first = launched(store=store, people=3)
    second = launched(store=store, people=0)

    assert send_next()["accepted"] == 3

    assert {statuses(first).get("sent", 0), statuses(second).get("sent", 0)} == {0, 3}
    skipped = first if statuses(first).get("skipped") else second
    assert read(skipped.pk).skipped_by_reason == {"frequency_cap": 3}
    assert Campaign.objects.get(pk=skipped.pk).status == "completed"
    assert_holds_match(skipped)
    assert money(first) == (1997, 0)
    assert_sound()


@pytest.mark.parametrize("kinds", [("marketing", "service"), ("service", "marketing")])
def test_service_messages_neither_count_nor_are_capped(store: Store, kinds: tuple[str, str]) -> None:
    Store.objects.filter(pk=store.pk).update(cap_per_day=1)
    store.refresh_from_db()
    first = launched(store=store, people=2, kind=kinds[0])
    send_next()
    second = launched(store=store, people=0, kind=kinds[1])

    assert send_next()["accepted"] == 2

    assert (statuses(first), statuses(second)) == ({"sent": 2}, {"sent": 2})


def quoted(store: Store) -> tuple[int, dict[str, int]]:
    """(recipients, exclusions) of a price for everybody now."""
    quote = make_quote(store=store, draft=Draft.of(CampaignFactory.create(store=store, credits=0)))
    return quote.recipients, quote.exclusions


def test_the_price_leaves_out_who_is_capped(store: Store) -> None:
    store.cap_per_day = 1
    handed_over([Accepted("m-1"), Accepted("m-2")], store=store)
    ContactFactory.create(store=store)

    assert quoted(store) == (1, {"frequency_cap": 2})


@pytest.mark.parametrize(
    ("caps", "sent_hours_ago", "capped"),
    [
        ({"cap_per_day": 1}, 23, 1),
        ({"cap_per_day": 1}, 25, 0),
        ({"cap_per_day": 2}, 1, 0),
        ({"cap_per_week": 1}, 25, 1),
        ({"cap_per_week": 1}, 24 * 8, 0),
        ({"cap_per_day": 5, "cap_per_week": 1}, 25, 1),
        ({}, 1, 0),
    ],
)
def test_a_cap_counts_its_own_window(store: Store, caps: dict[str, int], sent_hours_ago: float, capped: int) -> None:
    handed_over([Accepted("m-1")], store=store)
    CampaignRecipient.objects.update(sent_at=timezone.now() - timedelta(hours=sent_hours_ago))
    for name, number in caps.items():
        setattr(store, name, number)

    assert quoted(store) == (1 - capped, {"frequency_cap": 1} if capped else {})


def test_what_failed_does_not_count(store: Store) -> None:
    outcome: Outcome = Refused("unreachable", "absent", retryable=False)
    handed_over([outcome], store=store)
    store.cap_per_day = 1

    assert quoted(store) == (1, {})


def test_another_stores_messages_do_not_count(store: Store, other_store: Store) -> None:
    other = handed_over([Accepted("m-1")], store=other_store)
    ContactFactory.create(store=store, phone=other.recipients.get().phone)
    store.cap_per_day = 1

    assert quoted(store) == (1, {})
