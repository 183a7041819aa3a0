"""Customer events: written down once, and answered once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audiences.models import CustomerEvent, Store
from audiences.services.contacts import delete_contact
from audiences.services.events import Happened
from campaigns.automations.conditions import hold
from campaigns.automations.ingest import Taken, take
from campaigns.models import Automation, AutomationFire
from config.audit import SYSTEM
from tests.automations.steps import at, campaigns, left_out, passed, texted
from tests.factories import AutomationFactory, ContactFactory

pytestmark = pytest.mark.django_db
TEN = datetime(2026, 7, 1, 10, tzinfo=UTC)


def event(contact_id: int | None = None, number: int = 1, **fields: Any) -> Happened:
    return Happened(**{
        "event_id": f"order-{number}", "name": "purchase", "properties": {}, "occurred_at": TEN,
        "contact_id": contact_id, **fields,
    })  # fmt: skip


def answering(store: Store, **fields: Any) -> Automation:
    """An automation that listens for purchases since half past nine."""
    with at("2026-07-01T09:30"):
        return AutomationFactory.create(store=store, kind="event", **{"event_name": "purchase", **fields})


def told(store: Store, *events: Happened, when: str = "2026-07-01T10:00") -> list[Taken]:
    with at(when):
        return take(events, store=store)


def test_an_event_is_written_down_and_answered(store: Store) -> None:
    ada = ContactFactory.create(store=store)
    automation = answering(store)

    [taken] = told(store, event(ada.pk, properties={"total": 60}))
    passed("2026-07-01T10:00:05")

    row = CustomerEvent.objects.get()
    assert taken == Taken("accepted", row.pk, 1)
    assert (row.contact_id, row.name, row.properties, row.occurred_at) == (ada.pk, "purchase", {"total": 60}, TEN)
    assert texted(automation) == [ada.pk]
    assert [campaign.kind for campaign in campaigns(automation)] == ["marketing"]


def test_by_phone_as_the_store_would_write_it(store: Store) -> None:
    ada = ContactFactory.create(store=store, phone="+306971112223")

    [taken] = told(store, event(phone="697 111 2223"))

    assert (taken.status, CustomerEvent.objects.get().contact_id) == ("accepted", ada.pk)


def test_what_names_nobody_is_refused_alone(store: Store, other_store: Store) -> None:
    ada, theirs = ContactFactory.create(store=store), ContactFactory.create(store=other_store)

    taken = told(
        store,
        event(phone="+306979999999", number=1),
        event(ada.pk, number=2),
        event(theirs.pk, number=3),
        event(phone="hello", number=4),
        event(phone=theirs.phone, number=5),
    )

    assert [(one.status, one.code) for one in taken] == [
        ("refused", "unknown_contact"),
        ("accepted", ""),
        ("refused", "unknown_contact"),
        ("refused", "not_a_number"),
        ("refused", "unknown_contact"),
    ]
    assert CustomerEvent.objects.count() == 1


def test_told_again_it_counts_once_also_within_one_request(store: Store) -> None:
    ada = ContactFactory.create(store=store)
    automation = answering(store, dedupe_hours=0, daily_cap=None)

    first, twin = told(store, event(ada.pk), event(ada.pk))
    [again] = told(store, event(ada.pk, properties={"other": 1}))
    passed("2026-07-01T10:01", "2026-07-01T10:02")

    assert (first.status, twin.status, again.status) == ("accepted", "duplicate", "duplicate")
    assert first.event == twin.event == again.event
    assert texted(automation) == [ada.pk]


def test_ids_are_each_stores_own(store: Store, other_store: Store) -> None:
    for each in (store, other_store):
        [taken] = told(each, event(ContactFactory.create(store=each).pk))
        assert taken.status == "accepted"


@pytest.mark.parametrize(
    "change",
    [
        {"event_name": "visit"},
        {"conditions": [{"property": "total", "op": "gt", "value": 60}]},
        {"active": False},
    ],
    ids=["another name", "a condition that does not hold", "switched off"],
)
def test_what_it_does_not_listen_for_is_only_written_down(store: Store, change: dict[str, Any]) -> None:
    ada = ContactFactory.create(store=store)
    answering(store, **change)

    [taken] = told(store, event(ada.pk, properties={"total": 60}))

    assert (taken.status, taken.automations) == ("accepted", 0)
    assert not AutomationFire.objects.exists()


@pytest.mark.parametrize(
    ("op", "value", "properties", "expected"),
    [
        ("eq", "red", {"x": "red"}, True),
        ("eq", "red", {"x": "Red"}, False),
        ("ne", "red", {"x": "blue"}, True),
        ("ne", "red", {}, False),
        ("gte", 50, {"x": 50}, True),
        ("gt", 50, {"x": 50}, False),
        ("lt", 50, {"x": 49.5}, True),
        ("lte", 50, {"x": "49"}, False),  # a text is no number
        ("eq", 1, {"x": True}, False),
        ("eq", True, {"x": True}, True),
        ("gt", False, {"x": True}, False),
        ("lt", "2026-07-01", {"x": "2026-06-30"}, True),
        ("eq", "red", {"x": None}, False),
        ("eq", "red", {"x": ["red"]}, False),
    ],
)
def test_a_condition(op: str, value: Any, properties: dict[str, Any], expected: bool) -> None:
    assert hold([{"property": "x", "op": op, "value": value}], properties) is expected


def test_all_conditions_must_hold() -> None:
    both = [{"property": "a", "op": "eq", "value": 1}, {"property": "b", "op": "eq", "value": 2}]

    assert hold(both, {"a": 1, "b": 2})
    assert not hold(both, {"a": 1, "b": 3})
    assert hold([], {})


def test_its_delay_counts_from_the_event(store: Store) -> None:
    ada = ContactFactory.create(store=store)
    automation = answering(store, delay_minutes=30)
    told(store, event(ada.pk), when="2026-07-01T10:20")

    before, after = passed("2026-07-01T10:29:59", "2026-07-01T10:30")

    assert (before, after["people"]) == ({}, 1)
    assert texted(automation) == [ada.pk]


def test_what_happened_too_long_ago_is_not_answered(store: Store) -> None:
    ada = ContactFactory.create(store=store)
    automation = answering(store, window_hours=2)
    told(store, event(ada.pk), when="2026-07-01T12:00:01")

    passed("2026-07-01T12:00:10")

    assert left_out(automation) == ["late"]


def test_once_in_its_dedupe_window(store: Store) -> None:
    ada = ContactFactory.create(store=store)
    automation = answering(store, dedupe_hours=24, daily_cap=None)

    done = [
        told(store, event(ada.pk, number, occurred_at=TEN + timedelta(hours=hours)), when=when)[0].automations
        for number, (hours, when) in enumerate(
            [(0, "2026-07-01T10:00"), (1, "2026-07-01T11:00"), (25, "2026-07-02T11:00")]
        )
    ]
    passed("2026-07-01T10:01", "2026-07-02T11:01")

    assert done == [1, 0, 1]
    assert texted(automation) == [ada.pk, ada.pk]


def test_without_a_dedupe_window_every_event_is_answered_in_runs_of_their_own(store: Store) -> None:
    ada = ContactFactory.create(store=store)
    automation = answering(store, dedupe_hours=0, daily_cap=None)
    told(store, event(ada.pk, 1), event(ada.pk, 2))

    passed("2026-07-01T10:00:05", "2026-07-01T10:01:05", "2026-07-01T10:02:05")

    assert texted(automation) == [ada.pk, ada.pk]
    assert len(campaigns(automation)) == 2


def test_the_daily_cap_counts_all_automations_of_the_store(store: Store) -> None:
    ada, bob = ContactFactory.create_batch(2, store=store)
    first = answering(store, event_name="visit")
    second = answering(store, daily_cap=1)
    generous = answering(store, daily_cap=3)
    told(store, event(ada.pk, 1, name="visit"))
    passed("2026-07-01T10:00:05")

    told(store, event(ada.pk, 2), event(bob.pk, 3), when="2026-07-01T11:00")
    passed("2026-07-01T11:00:05")
    told(store, event(ada.pk, 4), when="2026-07-02T11:30")

    assert texted(first) == [ada.pk]
    assert left_out(second)[:2] == ["daily_cap", ""]
    assert texted(second) == [bob.pk]
    assert texted(generous) == [ada.pk, bob.pk]


def test_a_service_message_needs_no_opt_in(store: Store) -> None:
    guest = ContactFactory.create(store=store, consent="unknown")
    marketing = answering(store, daily_cap=None)
    service = answering(store, campaign_kind="service", daily_cap=None)
    told(store, event(guest.pk))

    passed("2026-07-01T10:00:05")

    assert (texted(marketing), texted(service)) == ([], [guest.pk])
    assert left_out(marketing) == ["not_opted_in"]
    assert [campaign.kind for campaign in campaigns(service)] == ["service"]


def test_a_contact_takes_the_events_along_when_deleted(store: Store) -> None:
    ada, bob = ContactFactory.create_batch(2, store=store)
    told(store, event(ada.pk, 1), event(bob.pk, 2))

    delete_contact(store=store, contact_id=ada.pk, actor=SYSTEM)

    assert [row.contact_id for row in CustomerEvent.objects.all()] == [bob.pk]
    [taken] = told(store, event(ada.pk, 3))
    assert taken.code == "unknown_contact"
