"""Birthdays: at the store's hour, once a year, whatever happens to the sweep, the contact or the clock."""

from datetime import date

import pytest

from audiences.models import Contact, Store
from audiences.services.consent import change_consent
from campaigns.models import AutomationRun, CampaignEvent
from campaigns.services import automations
from config.audit import SYSTEM
from tests.automations.steps import at, born, campaigns, fresh, passed, runs, swept, texted
from tests.factories import AutomationFactory, ContactFactory, ContactListFactory, StoreFactory
from tests.steps import money

pytestmark = pytest.mark.django_db


def test_who_has_a_birthday_is_texted_at_the_hour_by_a_campaign_of_its_kind(store: Store) -> None:
    ada = born(store, 7, 1)
    born(store, 7, 2)
    ContactFactory.create(store=store)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store, name="Many happy returns")

    before, due = passed("2026-07-01T05:59:59", "2026-07-01T06:00:00")

    assert (before, due) == ({}, {"due": 1, "made": 1, "people": 1})
    [campaign] = campaigns(automation)
    assert (campaign.kind, campaign.status, campaign.name) == (
        "birthday",
        "sending",
        "Many happy returns 2026-07-01",
    )
    assert texted(automation) == [ada.pk]
    assert money(campaign) == (1000, 1)
    events = CampaignEvent.objects.filter(campaign=campaign).order_by("pk").values_list("event", "actor")
    assert list(events) == [("schedule", "system"), ("launch", "system")]


def test_running_the_sweep_five_times_sends_once(store: Store) -> None:
    with at("2026-06-30T12:00"):
        born(store, 7, 1)
        automation = AutomationFactory.create(store=store)

    passed(*["2026-07-01T06:00:10"] * 5)

    assert runs(automation) == [("2026-07-01", "made", 1)]
    assert len(texted(automation)) == 1


def test_a_year_later_it_is_sent_again(store: Store) -> None:
    with at("2026-06-30T12:00"):
        ada = born(store, 7, 1)
        automation = AutomationFactory.create(store=store)
    passed("2026-07-01T06:00")
    with at("2027-06-30T12:00"):  # switched on anew: the year between is not swept day by day here
        automations.switch_off(store_id=store.pk, automation_id=automation.pk, actor=SYSTEM)
        automations.switch_on(store_id=store.pk, automation_id=automation.pk, actor=SYSTEM)

    passed("2027-07-01T06:00")

    assert texted(automation) == [ada.pk, ada.pk]


def test_an_edited_birthday_is_celebrated_once_a_year(store: Store) -> None:
    with at("2026-06-30T12:00"):
        ada = born(store, 7, 1)
        automation = AutomationFactory.create(store=store)
    passed("2026-07-01T06:00")

    Contact.objects.filter(pk=ada.pk).update(birthday=date(1988, 7, 2))
    [again] = passed("2026-07-02T06:00")

    assert again == {"due": 1, "nobody": 1}
    assert texted(automation) == [ada.pk]
    assert runs(automation)[1] == ("2026-07-02", "nobody", 0)


def test_another_hour_after_todays_run_sends_nothing_more_today(store: Store) -> None:
    with at("2026-06-30T12:00"):
        born(store, 7, 1)
        automation = AutomationFactory.create(store=store)
    passed("2026-07-01T06:00")

    with at("2026-07-01T07:00"):
        born(store, 7, 1)
        automations.edit(store=store, automation_id=automation.pk, fields={"send_hour": 15}, actor=SYSTEM)
    [again] = passed("2026-07-01T12:00")

    assert again == {"due": 1, "again": 1}
    assert len(texted(automation)) == 1


@pytest.mark.parametrize(
    ("zone", "before", "due"),
    [
        ("Pacific/Kiritimati", "2026-06-30T18:59:59", "2026-06-30T19:00:00"),
        ("Pacific/Auckland", "2026-06-30T20:59:59", "2026-06-30T21:00:00"),
        ("Australia/Lord_Howe", "2026-06-30T22:29:59", "2026-06-30T22:30:00"),
        ("Asia/Kathmandu", "2026-07-01T03:14:59", "2026-07-01T03:15:00"),
        ("Asia/Kolkata", "2026-07-01T03:29:59", "2026-07-01T03:30:00"),
        ("Europe/Athens", "2026-07-01T05:59:59", "2026-07-01T06:00:00"),
        ("UTC", "2026-07-01T08:59:59", "2026-07-01T09:00:00"),
        ("America/St_Johns", "2026-07-01T11:29:59", "2026-07-01T11:30:00"),
        ("America/Los_Angeles", "2026-07-01T15:59:59", "2026-07-01T16:00:00"),
        ("Pacific/Pago_Pago", "2026-07-01T19:59:59", "2026-07-01T20:00:00"),
    ],
)
def test_each_store_has_its_own_clock(zone: str, before: str, due: str) -> None:
    store = StoreFactory.create(time_zone=zone)
    with at("2026-06-30T05:00"):
        born(store, 7, 1)
        automation = AutomationFactory.create(store=store)
        swept()

    [early, due_then] = passed(before, due)

    assert (early.get("people", 0), due_then["people"]) == (0, 1)
    assert ("2026-07-01", "made", 1) in runs(automation)


@pytest.mark.parametrize(
    ("zone", "hour", "birthday", "eve", "sweeps", "people"),
    [
        # 03:00 to 04:00 is skipped: at 04:00, and not a second before.
        ("Europe/Athens", 3, (3, 29), "2026-03-28T12:00", ["2026-03-29T00:59:59", "2026-03-29T01:00"], [0, 1]),
        # 03:00 comes twice: at the first, and not at the second.
        ("Europe/Athens", 3, (10, 25), "2026-10-24T12:00", ["2026-10-25T00:00", "2026-10-25T01:00"], [1, 0]),
        ("America/New_York", 2, (3, 8), "2026-03-07T12:00", ["2026-03-08T06:59:59", "2026-03-08T07:00"], [0, 1]),
        ("America/New_York", 1, (11, 1), "2026-10-31T12:00", ["2026-11-01T05:00", "2026-11-01T06:00"], [1, 0]),
        # Half an hour only: 02:00 to 02:30 is skipped.
        ("Australia/Lord_Howe", 2, (10, 4), "2026-10-03T12:00", ["2026-10-03T15:29:59", "2026-10-03T15:30"], [0, 1]),
        # Nine is nine on the days of the change, an hour earlier or later by UTC than the day before.
        ("Europe/Athens", 9, (3, 29), "2026-03-28T12:00", ["2026-03-29T05:59:59", "2026-03-29T06:00"], [0, 1]),
        ("Europe/Athens", 9, (10, 25), "2026-10-24T12:00", ["2026-10-25T06:59:59", "2026-10-25T07:00"], [0, 1]),
    ],
)
def test_the_change_of_the_clocks_neither_loses_nor_doubles(
    store: Store,
    zone: str,
    hour: int,
    birthday: tuple[int, int],
    eve: str,
    sweeps: list[str],
    people: list[int],
) -> None:
    Store.objects.filter(pk=store.pk).update(time_zone=zone)
    ada = born(store, *birthday)
    with at(eve):
        automation = AutomationFactory.create(store=Store.objects.get(pk=store.pk), send_hour=hour)

    done = passed(*sweeps)

    assert [each.get("people", 0) for each in done] == people
    assert texted(automation) == [ada.pk]


@pytest.mark.parametrize(
    ("eve", "due", "expected"),
    [
        ("2026-02-27T12:00", "2026-02-28T07:00", 2),  # a common year: 28 and 29 February
        ("2028-02-27T12:00", "2028-02-28T07:00", 1),
        ("2028-02-28T12:00", "2028-02-29T07:00", 1),
        ("2026-02-28T12:00", "2026-03-01T07:00", 1),  # who was born on 1 March, and nobody else
    ],
)
def test_who_was_born_on_29_february_has_a_birthday_every_year(store: Store, eve: str, due: str, expected: int) -> None:
    for month, day in ((2, 28), (2, 29), (3, 1)):
        born(store, month, day)
    with at(eve):
        automation = AutomationFactory.create(store=store)

    passed(due)

    assert len(texted(automation)) == expected


@pytest.mark.parametrize(("offset", "month", "day"), [(-7, 7, 8), (3, 6, 28), (0, 7, 1)])
def test_some_days_before_or_after(store: Store, offset: int, month: int, day: int) -> None:
    meant = born(store, month, day)
    born(store, 7, 15)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store, day_offset=offset)

    passed("2026-07-01T06:00")

    assert texted(automation) == [meant.pk]


def test_a_message_of_the_old_year_does_not_stand_for_the_new_one(store: Store) -> None:
    ada = born(store, 1, 3)
    with at("2026-12-26T12:00"):
        automation = AutomationFactory.create(store=store, day_offset=-7)
    passed("2026-12-27T07:00")

    with at("2026-12-28T06:00"):  # a new date, celebrated in the same year as the old one
        Contact.objects.filter(pk=ada.pk).update(birthday=date(1988, 1, 4))
    passed("2026-12-28T07:00")

    assert texted(automation) == [ada.pk]


def test_only_who_may_be_texted_and_it_says_who_may_not(store: Store) -> None:
    ada = born(store, 7, 1)
    born(store, 7, 1, consent="unknown")
    gone = born(store, 7, 1)
    change_consent(store_id=store.pk, contact_id=gone.pk, consent="opted_out", source="stop", actor=SYSTEM)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store)

    passed("2026-07-01T06:00")

    assert texted(automation) == [ada.pk]
    assert AutomationRun.objects.get().left_out == {"not_opted_in": 1, "opted_out": 1}


def test_only_those_of_its_audience_and_its_store(store: Store, other_store: Store) -> None:
    on_it, barred = born(store, 7, 1), born(store, 7, 1)
    born(store, 7, 1)
    born(other_store, 7, 1)
    vip = ContactListFactory.create(store=store, contacts=[on_it, barred])
    blocked = ContactListFactory.create(store=store, contacts=[barred])
    audience = {"kind": "list", "id": vip.pk, "exclude": [{"kind": "list", "id": blocked.pk}]}
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store, audience=audience)

    passed("2026-07-01T06:00")

    assert texted(automation) == [on_it.pk]


def test_switched_on_after_the_hour_it_begins_tomorrow(store: Store) -> None:
    born(store, 7, 1)
    with at("2026-07-01T06:30"):
        automation = AutomationFactory.create(store=store)

    passed("2026-07-01T06:31", "2026-07-02T06:00")

    assert runs(automation) == [("2026-07-02", "nobody", 0)]
    assert fresh(automation).next_day == date(2026, 7, 3)
