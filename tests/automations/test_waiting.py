"""Those who wait: when somebody must look, in whatever order they come; and what counts against whom."""

from datetime import UTC, datetime, timedelta

import pytest

from audiences.models import ConsentEvent, Contact, FrozenMember, Store
from audiences.services.contacts import delete_contact
from audiences.services.frozen import freeze_ids
from campaigns.automations import fires
from campaigns.automations.fires import Wanted
from campaigns.automations.runs import begin
from campaigns.automations.statistics import measure
from campaigns.models import Automation, AutomationFire
from config.audit import SYSTEM
from tests.automations.steps import at, born, fresh, left_out, passed, runs, texted
from tests.factories import AutomationFactory, ContactFactory

pytestmark = pytest.mark.django_db
TEN = datetime(2026, 7, 1, 10, tzinfo=UTC)


@pytest.fixture
def automation(store: Store) -> Automation:
    """One that listens for visits since half past nine."""
    with at("2026-07-01T09:30"):
        return AutomationFactory.create(store=store, kind="event", event_name="visit", daily_cap=None)


def waits(automation: Automation, *contacts: Contact, minutes: int = 0, key: str = "event:1") -> int:
    """Let them wait for so many minutes past ten; how many were new."""
    due = TEN + timedelta(minutes=minutes)
    [locked] = fires.lock([automation.pk])
    return fires.wait(locked, [Wanted(contact.pk, key, due) for contact in contacts], now=TEN)


@pytest.mark.parametrize(("minutes", "expected"), [((30, 10, 20), 10), ((10, 30), 10), ((5,), 5)])
def test_the_soonest_says_when_somebody_must_look(
    store: Store, automation: Automation, minutes: tuple[int, ...], expected: int
) -> None:
    for number in minutes:
        waits(automation, ContactFactory.create(store=store), minutes=number)

    assert fresh(automation).next_run_at == TEN + timedelta(minutes=expected)


def test_a_second_time_under_the_same_key_nobody_is_new(store: Store, automation: Automation) -> None:
    ada, bob = ContactFactory.create_batch(2, store=store)

    assert waits(automation, ada) == 1
    assert waits(automation, ada, minutes=-30) == 0
    assert waits(automation, ada, bob) == 1
    assert waits(automation, ada, key="event:2") == 1
    assert fresh(automation).next_run_at == TEN


def test_after_a_run_the_next_look_is_for_who_waits_still(store: Store, automation: Automation) -> None:
    ada, bob = ContactFactory.create_batch(2, store=store)
    waits(automation, ada)
    waits(automation, bob, minutes=90)

    passed("2026-07-01T10:00:30")

    assert fresh(automation).next_run_at == TEN + timedelta(minutes=90)
    assert texted(automation) == [ada.pk]


def test_what_is_switched_off_is_not_locked(automation: Automation) -> None:
    Automation.objects.filter(pk=automation.pk).update(active=False)

    assert fires.lock([automation.pk]) == []


def test_who_is_deleted_while_waiting_is_left_out(store: Store, automation: Automation) -> None:
    ada = ContactFactory.create(store=store)
    waits(automation, ada)
    delete_contact(store=store, contact_id=ada.pk, actor=SYSTEM)

    passed("2026-07-01T10:00:30")

    assert left_out(automation) == ["not_in_audience"]
    assert runs(automation) == [("2026-07-01T10:00Z", "nobody", 0)]


def test_who_is_put_into_a_run_is_put_there_once(store: Store, automation: Automation) -> None:
    people = [contact.pk for contact in ContactFactory.create_batch(3, store=store)]
    first, second = (begin(automation, key=key, due_at=TEN, now=TEN) for key in ("a", "b"))

    assert fires.put(people[:2], run=first, key="2026", now=TEN) == people[:2]
    assert fires.put(people, run=second, key="2026", now=TEN) == people[2:]
    assert fires.put([], run=second, key="2026", now=TEN) == []
    assert AutomationFire.objects.filter(run=second).count() == 1


def test_an_audience_is_frozen_by_ids(store: Store) -> None:
    people = [contact.pk for contact in ContactFactory.create_batch(3, store=store)]

    frozen, nobody = freeze_ids(people, store_id=store.pk), freeze_ids([], store_id=store.pk)

    assert (frozen.size, nobody.size) == (3, 0)
    assert list(FrozenMember.objects.order_by("contact_id").values_list("frozen_id", "contact_id")) == [
        (frozen.pk, contact_id) for contact_id in people
    ]


@pytest.mark.parametrize(
    ("days", "hours", "expected"),
    [(0, -1, 0), (0, 1, 1), (6, 23, 1), (7, 1, 0)],
    ids=["before", "at once", "a week", "later"],
)
def test_an_opt_out_is_blamed_on_the_week_before(store: Store, days: int, hours: int, expected: int) -> None:
    ada = born(store, 7, 1)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store)
    passed("2026-07-01T06:00")
    when = datetime(2026, 7, 1, 6, tzinfo=UTC) + timedelta(days=days, hours=hours)
    changed = {"before": "opted_in", "after": "opted_out", "source": "stop", "actor": "system"}
    ConsentEvent.objects.create(store=store, contact=ada, created_at=when, **changed)

    with at("2026-08-01T06:00"):
        assert measure(automation, days=90).opt_outs == expected


def test_an_opt_out_of_somebody_else_is_not_blamed_on_it(store: Store) -> None:
    born(store, 7, 1)
    other = born(store, 8, 1)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store)
    passed("2026-07-01T06:00")
    changed = {"before": "opted_in", "after": "opted_out", "source": "stop", "actor": "system"}
    ConsentEvent.objects.create(store=store, contact=other, created_at=TEN, **changed)

    with at("2026-08-01T06:00"):
        assert measure(automation, days=90).opt_outs == 0
