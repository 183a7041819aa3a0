"""Many sweeps, publishers and requests at the same moment: each person is meant once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from audiences.models import ConsentEvent, CustomerEvent, Store
from audiences.services.consent import change_consent
from audiences.services.events import Happened
from campaigns.automations import ingest
from campaigns.automations.sweep import run_due
from campaigns.models import Automation, AutomationFire, AutomationRun, CampaignRecipient
from campaigns.services.due import launch_due
from config.audit import SYSTEM
from messaging.hooks import publish
from tests.automations.steps import born, campaigns, fresh, texted
from tests.factories import AutomationFactory, ContactFactory
from tests.races import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def due_now(automation: Automation) -> None:
    """Let its hour have just come, whatever the hour is."""
    now = timezone.now()
    hour = {"send_hour": now.hour, "zone": "UTC", "next_day": now.date(), "next_run_at": now, "window_hours": 24}
    Automation.objects.filter(pk=automation.pk).update(**hour)
    Store.objects.filter(pk=automation.store_id).update(time_zone="UTC")


def test_many_sweeps_at_once_send_each_birthday_once(store: Store) -> None:
    today = datetime.now(UTC)
    for _ in range(5):
        born(store, today.month, today.day)
    made = AutomationFactory.create_batch(3, store=store, daily_cap=None)
    for automation in made:
        due_now(automation)

    counts = at_once(6, lambda _: run_due(limit=10))
    at_once(6, lambda _: launch_due(limit=10))

    assert sum(count["people"] for count in counts if isinstance(count, dict)) == 15
    assert [len(campaigns(automation)) for automation in made] == [1, 1, 1]
    assert CampaignRecipient.objects.count() == 15
    assert AutomationRun.objects.count() == 3


def test_many_publishers_at_once_greet_each_once(store: Store) -> None:
    automation = AutomationFactory.create(store=store, kind="welcome")
    contacts = ContactFactory.create_batch(20, store=store, consent="unknown")
    for contact in contacts:
        change_consent(store_id=store.pk, contact_id=contact.pk, consent="opted_in", source="join", actor=SYSTEM)

    at_once(6, lambda index: publish.publish() if index % 2 else run_due(limit=10))
    publish.publish()

    assert not ConsentEvent.objects.filter(published_at=None).exists()
    assert AutomationFire.objects.filter(automation=automation).count() == 20
    assert fresh(automation).next_run_at is not None or not AutomationFire.objects.filter(run=None).exists()


def test_the_same_event_told_many_times_at_once_counts_once(store: Store) -> None:
    automation = AutomationFactory.create(store=store, kind="event", event_name="purchase", dedupe_hours=0)
    contacts = ContactFactory.create_batch(10, store=store)
    now = timezone.now() - timedelta(seconds=1)
    events = [Happened(f"order-{n}", "purchase", {}, now, contact.pk) for n, contact in enumerate(contacts)]

    taken = at_once(6, lambda n: ingest.take(events if n % 2 else list(reversed(events)), store=store))

    statuses = [one.status for each in taken if isinstance(each, list) for one in each]
    assert (statuses.count("accepted"), statuses.count("duplicate")) == (10, 50)
    assert CustomerEvent.objects.count() == AutomationFire.objects.count() == 10
    at_once(4, lambda _: run_due(limit=10))
    launch_due(limit=10)
    assert len(texted(automation)) == 10


def test_two_events_of_one_person_at_once_are_one_within_the_dedupe_window(store: Store) -> None:
    AutomationFactory.create(store=store, kind="event", event_name="purchase")
    contact = ContactFactory.create(store=store)
    now = timezone.now()

    taken = at_once(6, lambda n: ingest.take([Happened(f"order-{n}", "purchase", {}, now, contact.pk)], store=store))

    assert sorted(one.automations for each in taken if isinstance(each, list) for one in each) == [0, 0, 0, 0, 0, 1]
    assert CustomerEvent.objects.count() == 6
    assert AutomationFire.objects.count() == 1
