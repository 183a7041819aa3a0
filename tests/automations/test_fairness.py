"""Many stores, one sweep: oldest first, bounded, and whoever has much keeps nobody waiting."""

from datetime import UTC, datetime, timedelta

import pytest

from audiences.models import Store
from campaigns.automations import sweep, who
from campaigns.automations.fires import Wanted, lock, wait
from campaigns.models import Automation, AutomationFire
from campaigns.services import automations
from config.audit import SYSTEM
from tests.automations.steps import at, born, fresh, left_out, passed, runs, swept, texted
from tests.factories import AutomationFactory, ContactFactory, StoreFactory

pytestmark = pytest.mark.django_db


def test_the_most_overdue_comes_first_and_a_sweep_has_an_end(store: Store) -> None:
    born(store, 7, 1)
    with at("2026-06-30T12:00"):
        late, early, middle = (
            AutomationFactory.create(store=store, send_hour=hour, daily_cap=None) for hour in (11, 9, 10)
        )

    with at("2026-07-01T08:30"):
        first, second = swept(limit=2), swept(limit=2)

    assert (first["due"], second["due"]) == (2, 1)
    order = sorted((early, middle, late), key=lambda each: each.runs.get().pk)
    assert order == [early, middle, late]


def test_a_store_with_a_long_queue_takes_turns_with_the_others(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaigns.automations.gather.AT_ONCE", 2)
    small = StoreFactory.create()
    with at("2026-07-01T09:00"):
        busy = AutomationFactory.create(store=store, kind="event", event_name="visit")
        quiet = AutomationFactory.create(store=small, kind="event", event_name="visit")
    due = datetime(2026, 7, 1, 10, tzinfo=UTC)
    for automation, number, later in ((busy, 6, 0), (quiet, 1, 1)):
        people = ContactFactory.create_batch(number, store=automation.store)
        wanted = [Wanted(contact.pk, "event:1", due + timedelta(seconds=later)) for contact in people]
        wait(lock([automation.pk])[0], wanted, now=due)

    passed("2026-07-01T10:00:05", "2026-07-01T10:01:05", "2026-07-01T10:02:05")

    assert [people for _, _, people in runs(busy)] == [2, 2, 2]
    assert runs(quiet) == [("2026-07-01T10:00Z", "made", 1)]


def test_a_sweep_ends_after_its_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "SLICE_SECONDS", 0.0)
    with at("2026-06-30T12:00"):
        AutomationFactory.create(store=store)

    assert passed("2026-07-01T06:00") == [{}]


def test_a_large_winback_is_spread_over_days(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(who, "RUN_MAX", 3)
    monkeypatch.setattr(who, "STRETCH", 2)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    people = [contact.pk for contact in ContactFactory.create_batch(5, store=store, created_at=long_ago)]
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store, kind="winback")

    passed("2026-07-01T08:00", "2026-07-02T08:00", "2026-07-03T08:00")

    assert texted(automation) == people
    assert [number for _, _, number in runs(automation)] == [3, 2, 0]


@pytest.mark.parametrize("stretch", [1, 2, 3, 5, 6])
def test_whatever_the_stretch_everybody_is_looked_at_once(
    store: Store, other_store: Store, monkeypatch: pytest.MonkeyPatch, stretch: int
) -> None:
    monkeypatch.setattr(who, "STRETCH", stretch)
    mine = []
    for _ in range(5):
        mine.append(ContactFactory.create(store=store).pk)
        ContactFactory.create(store=other_store)

    seen = [
        contact_id
        for part in who._stretches(store.pk)
        for contact_id in store.contacts.filter(pk__gt=part.after, pk__lte=part.bound or 10**12)
        .order_by("pk")
        .values_list("pk", flat=True)
    ]

    assert seen == mine


def test_switched_off_between_two_sweeps_nothing_more_is_made(store: Store) -> None:
    born(store, 7, 1)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store)
        automations.switch_off(store_id=store.pk, automation_id=automation.pk, actor=SYSTEM)

    assert passed("2026-07-01T06:00", "2026-07-02T06:00") == [{}, {}]
    assert (runs(automation), fresh(automation).next_run_at) == ([], None)


def test_an_edited_text_is_the_next_runs_and_not_the_last_ones(store: Store) -> None:
    born(store, 7, 1)
    born(store, 7, 2)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store, message="Old")
    passed("2026-07-01T06:00")

    automations.edit(store=store, automation_id=automation.pk, fields={"message": "New"}, actor=SYSTEM)
    passed("2026-07-02T06:00")

    rows = Automation.objects.get(pk=automation.pk).campaigns.order_by("pk").values_list("message", flat=True)
    assert list(rows) == ["Old", "New"]


def test_a_narrower_audience_holds_for_those_who_wait_already(store: Store) -> None:
    ada = ContactFactory.create(store=store)
    with at("2026-07-01T09:00"):
        automation = AutomationFactory.create(store=store, kind="event", event_name="visit", delay_minutes=60)
    due = datetime(2026, 7, 1, 11, tzinfo=UTC)
    wait(lock([automation.pk])[0], [Wanted(ada.pk, "event:1", due)], now=due)
    nobody = {"kind": "list", "id": 0, "exclude": []}

    automations.edit(store=store, automation_id=automation.pk, fields={"audience": nobody}, actor=SYSTEM)
    passed("2026-07-01T11:00")

    assert left_out(automation) == ["not_in_audience"]
    assert AutomationFire.objects.get().run_id is None
