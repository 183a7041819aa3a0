"""Welcomes: on the first opt-in, once for ever, many of a minute in one campaign."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from audiences.models import ConsentEvent, Contact, Store
from audiences.services.consent import change_consent
from campaigns.automations import gather as gathering
from campaigns.models import Automation, AutomationFire, AutomationRun
from campaigns.services import automations
from campaigns.services.due import launch_due
from config.audit import SYSTEM
from messaging.hooks import publish
from tests.automations.steps import at, campaigns, fresh, left_out, passed, runs, swept, texted
from tests.factories import AutomationFactory, ContactFactory, ContactListFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def welcome(store: Store) -> Automation:
    """A welcome that was switched on at ten."""
    with at("2026-07-01T10:00"):
        return AutomationFactory.create(store=store, kind="welcome", name="Hello")


def comes(store: Store, *, consent: str = "opted_in", source: str = "join") -> Contact:
    """Somebody new who says yes; told to whom it concerns."""
    contact = ContactFactory.create(store=store, consent="unknown")
    says(contact, consent, source=source)
    return contact


def says(contact: Contact, consent: str, *, source: str = "join") -> None:
    change_consent(store_id=contact.store_id, contact_id=contact.pk, consent=consent, source=source, actor=SYSTEM)
    publish.publish()


def test_who_opts_in_is_welcomed(store: Store, welcome: Automation) -> None:
    with at("2026-07-01T10:05:20"):
        ada = comes(store)

    [done] = passed("2026-07-01T10:05:30")

    assert done == {"due": 1, "made": 1, "people": 1}
    assert texted(welcome) == [ada.pk]
    [campaign] = campaigns(welcome)
    assert (campaign.kind, campaign.name) == ("welcome", "Hello 2026-07-01T10:05Z")
    assert fresh(welcome).next_run_at is None


def test_many_of_one_minute_are_one_campaign_and_later_ones_come_a_minute_later(
    store: Store, welcome: Automation
) -> None:
    with at("2026-07-01T10:05:01"):
        early = [comes(store).pk, comes(store).pk, comes(store).pk]
    passed("2026-07-01T10:05:02")
    with at("2026-07-01T10:05:40"):
        late = comes(store)

    same, following = passed("2026-07-01T10:05:41", "2026-07-01T10:06:00")

    assert (same, following["people"]) == ({"due": 1, "again": 1}, 1)
    assert runs(welcome) == [("2026-07-01T10:05Z", "made", 3), ("2026-07-01T10:06Z", "made", 1)]
    assert texted(welcome) == [*early, late.pk]


def test_once_for_ever(store: Store, welcome: Automation) -> None:
    with at("2026-07-01T10:05"):
        ada = comes(store)
    passed("2026-07-01T10:06")
    with at("2026-07-03T10:00"):
        says(ada, "opted_out")
        says(ada, "opted_in")
    with at("2027-07-03T10:00"):
        ConsentEvent.objects.update(published_at=None)  # as if the outbox were read again
        publish.publish()

    assert passed("2026-07-03T10:01", "2027-07-03T10:01") == [{}, {}]
    assert texted(welcome) == [ada.pk]


def test_who_had_opted_in_before_is_not_welcomed_when_coming_back(store: Store) -> None:
    with at("2026-06-01T10:00"):
        old = comes(store)
        says(old, "opted_out")
    with at("2026-07-01T10:00"):
        automation = AutomationFactory.create(store=store, kind="welcome")
    with at("2026-07-02T10:00"):
        says(old, "opted_in")

    assert not AutomationFire.objects.filter(automation=automation).exists()


def test_what_was_said_before_it_was_switched_on_does_not_count(store: Store) -> None:
    contact = ContactFactory.create(store=store, consent="unknown")
    with at("2026-07-01T09:59"):
        change_consent(store_id=store.pk, contact_id=contact.pk, consent="opted_in", source="join", actor=SYSTEM)
    with at("2026-07-01T10:00"):
        AutomationFactory.create(store=store, kind="welcome")
        publish.publish()

    assert not AutomationFire.objects.exists()


@pytest.mark.parametrize(
    ("consent", "source"), [("opted_in", "import:7"), ("opted_out", "stop")], ids=["imported", "opted out"]
)
def test_who_is_not_welcomed(store: Store, welcome: Automation, consent: str, source: str) -> None:
    with at("2026-07-01T10:05"):
        comes(store, consent=consent, source=source)

    assert not AutomationFire.objects.exists()


def test_other_stores_welcome_their_own(store: Store, other_store: Store, welcome: Automation) -> None:
    with at("2026-07-01T10:05"):
        comes(other_store)

    assert not AutomationFire.objects.exists()


def test_after_its_delay(store: Store) -> None:
    with at("2026-07-01T10:00"):
        automation = AutomationFactory.create(store=store, kind="welcome", delay_minutes=90)
    with at("2026-07-01T10:05"):
        comes(store)

    before, after = passed("2026-07-01T11:34:59", "2026-07-01T11:35")

    assert (before, after["people"]) == ({}, 1)
    assert len(texted(automation)) == 1


def test_who_opts_out_while_waiting_is_left_out(store: Store) -> None:
    with at("2026-07-01T10:00"):
        automation = AutomationFactory.create(store=store, kind="welcome", delay_minutes=90)
    with at("2026-07-01T10:05"):
        gone = comes(store)
    with at("2026-07-01T10:30"):
        says(gone, "opted_out")

    passed("2026-07-01T11:35")

    assert left_out(automation) == ["opted_out"]
    assert runs(automation) == [("2026-07-01T11:35Z", "nobody", 0)]
    assert AutomationRun.objects.get().left_out == {"opted_out": 1}


def test_who_is_not_in_its_audience_is_left_out(store: Store) -> None:
    vip = ContactListFactory.create(store=store)
    audience = {"kind": "list", "id": vip.pk, "exclude": []}
    with at("2026-07-01T10:00"):
        automation = AutomationFactory.create(store=store, kind="welcome", audience=audience)
    with at("2026-07-01T10:05"):
        comes(store)
        vip.memberships.create(contact=comes(store))

    passed("2026-07-01T10:06")

    assert left_out(automation) == ["not_in_audience", ""]
    assert len(texted(automation)) == 1


def test_a_welcome_that_is_a_day_late_is_not_sent(store: Store, welcome: Automation) -> None:
    with at("2026-07-01T10:05"):
        comes(store)
    with at("2026-07-02T10:00"):
        comes(store)

    passed("2026-07-02T10:05:01")

    assert left_out(welcome) == ["late", ""]
    assert AutomationRun.objects.get().left_out == {"late": 1}


def test_a_long_queue_goes_out_in_bounded_runs(
    store: Store, welcome: Automation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "AT_ONCE", 2)
    with at("2026-07-01T10:05"):
        for _ in range(5):
            comes(store)

    passed("2026-07-01T10:06:10", "2026-07-01T10:07:10", "2026-07-01T10:08:10", "2026-07-01T10:09:10")

    assert [people for _, _, people in runs(welcome)] == [2, 2, 1]


def test_switched_off_nobody_who_waits_is_texted(store: Store) -> None:
    with at("2026-07-01T10:00"):
        automation = AutomationFactory.create(store=store, kind="welcome", delay_minutes=60)
    with at("2026-07-01T10:05"):
        comes(store)
        automations.switch_off(store_id=store.pk, automation_id=automation.pk, actor=SYSTEM)
        automations.switch_on(store_id=store.pk, automation_id=automation.pk, actor=SYSTEM)

    assert passed("2026-07-01T11:06") == [{}]
    assert left_out(automation) == ["switched_off"]


def test_by_the_real_clock_the_whole_road(store: Store) -> None:
    automation = AutomationFactory.create(store=store, kind="welcome")
    ada = comes(store)

    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=True):
        swept()
        launch_due(limit=5)

    assert texted(automation) == [ada.pk]
