"""The next run before it comes, and what came of those before."""

import pytest

from audiences.models import FrozenAudience, FrozenMember, Store
from audiences.services.consent import change_consent
from campaigns.automations.preview import coming
from campaigns.automations.statistics import measure
from campaigns.models import Automation, AutomationFire, AutomationRun, Campaign, CampaignProgress
from campaigns.services import automations
from config.audit import SYSTEM
from messaging.hooks import publish
from messaging.sending.settle import settle
from tests.automations.steps import at, born, campaigns, passed, texted
from tests.factories import AutomationFactory, ContactFactory
from tests.steps import claimed, marked, settlement

pytestmark = pytest.mark.django_db


def test_the_next_run_is_counted_as_the_run_itself_will_be(store: Store) -> None:
    ada = born(store, 7, 1, first_name="Ada")
    born(store, 7, 1, first_name="Byron", consent="unknown")
    born(store, 7, 2)
    with at("2026-06-30T12:00") as now:
        automation = AutomationFactory.create(store=store, message="Happy birthday {{first_name}}!")
        seen = coming(automation)

    assert str(seen.at) == "2026-07-01 06:00:00+00:00"
    assert (str(seen.day), seen.people, seen.left_out) == ("2026-07-01", 1, {"not_opted_in": 1})
    assert (seen.quote.recipients, seen.quote.credits, seen.quote.created_at) == (1, 1, now)
    assert [(one.contact_id, one.text) for one in seen.preview.messages] == [(ada.pk, "Happy birthday Ada!")]
    passed("2026-07-01T06:00")
    [campaign] = campaigns(automation)
    assert campaign.quote.credits == seen.quote.credits  # type: ignore[union-attr]
    assert texted(automation) == [ada.pk]


def test_looking_leaves_nothing_behind(store: Store) -> None:
    born(store, 7, 1)
    with at("2026-06-30T12:00"):
        coming(AutomationFactory.create(store=store))

    for model in (FrozenAudience, FrozenMember, AutomationFire, AutomationRun, Campaign):
        assert not model.objects.exists()


def test_of_one_that_is_off_the_run_that_would_be_next(store: Store) -> None:
    born(store, 7, 1)
    automation = AutomationFactory.create(store=store, active=False)

    with at("2026-06-30T12:00"):
        seen = coming(automation)

    assert (str(seen.day), seen.people) == ("2026-07-01", 1)


def test_of_a_store_that_moved_by_its_new_clock(store: Store) -> None:
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store)
        automation.store.time_zone = "America/New_York"

        assert str(coming(automation).at) == "2026-06-30 13:00:00+00:00"


def test_of_a_welcome_those_who_wait(store: Store) -> None:
    with at("2026-07-01T10:00"):
        automation = AutomationFactory.create(store=store, kind="welcome", delay_minutes=60)
        nobody = coming(automation)
        ada = ContactFactory.create(store=store, consent="unknown")
        change_consent(store_id=store.pk, contact_id=ada.pk, consent="opted_in", source="join", actor=SYSTEM)
        publish.publish()
        waiting = coming(Automation.objects.get(pk=automation.pk))

    assert (nobody.at, nobody.people, nobody.quote.recipients) == (None, 0, 0)
    assert (str(waiting.at), waiting.people) == ("2026-07-01 11:00:00+00:00", 1)


def test_a_winback_is_counted_as_of_its_hour(store: Store) -> None:
    with at("2026-04-02T07:00"):
        ContactFactory.create(store=store)  # ninety days are over at seven, and the hour is eight
    with at("2026-07-01T06:00"):
        automation = AutomationFactory.create(store=store, kind="winback", inactive_days=90)

        assert coming(automation).people == 1


def test_statistics_add_up(store: Store) -> None:
    people = [born(store, 7, 1), born(store, 7, 1), born(store, 7, 3)]
    born(store, 7, 1, consent="unknown")
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store, window_hours=1)
    passed("2026-07-01T06:00")
    work = claimed()
    marked(work)
    settle(settlement(work))
    with at("2026-07-02T12:00"):
        change_consent(store_id=store.pk, contact_id=people[0].pk, consent="opted_out", source="stop", actor=SYSTEM)
        change_consent(store_id=store.pk, contact_id=people[2].pk, consent="opted_out", source="stop", actor=SYSTEM)
    passed("2026-07-02T12:00", "2026-07-03T06:00")

    CampaignProgress.objects.filter(campaign__automation=automation).update(human_clicks=3, clickers=2)

    with at("2026-07-04T00:00"):
        found = measure(automation, days=90)
        later = measure(automation, days=1)

    assert found.runs == {"made": 1, "nobody": 1, "missed": 1}
    assert (found.people, found.left_out) == (2, {"not_opted_in": 1, "opted_out": 1})
    assert found.campaigns == {"sending": 1}
    assert (found.audience, found.counts["sent"], found.credits) == (2, 2, 2)
    assert (found.opt_outs, found.clicks, found.clickers) == (1, 3, 2)
    assert (later.runs["made"], later.people, later.credits) == (0, 0, 0)


def test_statistics_of_a_new_one_are_zero(store: Store) -> None:
    automation = AutomationFactory.create(store=store, active=False)
    automations.switch_on(store_id=store.pk, automation_id=automation.pk, actor=SYSTEM)

    found = measure(automation, days=90)

    assert (found.runs, found.people, found.audience, found.opt_outs) == (
        {"made": 0, "nobody": 0, "missed": 0},
        0,
        0,
        0,
    )
