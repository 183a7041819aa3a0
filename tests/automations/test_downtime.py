"""What the sweep does when it was away, cannot go on, or dies in the middle."""

from typing import Any

import pytest

from audiences.models import Store
from billing.services import grant
from campaigns.automations import who
from campaigns.models import AutomationFire, AutomationRun, Campaign, CampaignEvent
from campaigns.services import automations
from campaigns.services.due import launch_due
from config.audit import SYSTEM
from tests.automations.steps import at, born, campaigns, fresh, passed, runs, swept, texted
from tests.factories import AutomationFactory, StoreFactory
from tests.steps import money

pytestmark = pytest.mark.django_db


def test_away_for_hours_it_still_sends_within_its_window(store: Store) -> None:
    born(store, 7, 1)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store, window_hours=6)

    passed("2026-07-01T11:59")

    assert len(texted(automation)) == 1


def test_away_for_longer_it_says_so_and_sends_nothing(store: Store) -> None:
    born(store, 7, 1)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store, window_hours=6)

    [done] = passed("2026-07-01T12:00:01")

    assert done == {"due": 1, "missed": 1}
    assert texted(automation) == []
    run = AutomationRun.objects.get()
    assert run.reason == "It was due at 06:00 UTC; nothing ran until 2026-07-01 12:00 UTC, which is too late."
    assert fresh(automation).next_day.isoformat() == "2026-07-02"  # type: ignore[union-attr]


def test_a_birthday_is_never_wished_the_day_after(store: Store) -> None:
    born(store, 7, 1)
    with at("2026-06-30T20:00"):
        automation = AutomationFactory.create(store=store, send_hour=22, window_hours=24)

    passed("2026-07-01T21:00:01")  # past midnight in Athens

    assert runs(automation) == [("2026-07-01", "missed", 0)]


def test_after_days_away_each_missed_day_is_named_and_today_is_sent(store: Store) -> None:
    born(store, 7, 1)
    today = born(store, 7, 3)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store)

    passed("2026-07-03T08:00")

    assert runs(automation) == [
        ("2026-07-01", "missed", 0),
        ("2026-07-02", "missed", 0),
        ("2026-07-03", "made", 1),
    ]
    assert texted(automation) == [today.pk]


def test_without_credits_it_waits_says_why_and_goes_when_there_are_some() -> None:
    store = StoreFactory.create()
    born(store, 7, 1)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store)

    passed("2026-07-01T06:00")
    [campaign] = campaigns(automation)
    assert campaign.status == "scheduled"
    assert campaign.reason.startswith("INSUFFICIENT_CREDITS: ")
    grant(store_id=store.pk, amount=5, key="more", label="", actor=SYSTEM)
    passed("2026-07-01T06:16")

    assert len(texted(automation)) == 1
    assert money(campaign) == (5, 1)


def test_without_credits_until_its_window_ends_it_is_given_up_and_never_sent_later() -> None:
    store = StoreFactory.create()
    born(store, 7, 1)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store, window_hours=1)
    passed("2026-07-01T06:00", "2026-07-01T06:50")
    grant(store_id=store.pk, amount=5, key="more", label="", actor=SYSTEM)

    passed("2026-07-01T07:00:02", "2026-07-01T07:20")

    [campaign] = campaigns(automation)
    assert (campaign.status, campaign.reason[:30]) == ("cancelled", "TOO_LATE: INSUFFICIENT_CREDITS")
    assert CampaignEvent.objects.filter(event="cancel").get().reason == campaign.reason
    assert texted(automation) == []
    assert money(campaign) == (5, 0)


def test_a_run_that_nobody_launched_in_time_is_cancelled(store: Store) -> None:
    born(store, 7, 1)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store, window_hours=1)
    with at("2026-07-01T06:00"):
        swept()

    with at("2026-07-01T07:00:01"):
        assert launch_due(limit=5)["given_up"] == 1

    [campaign] = campaigns(automation)
    assert (campaign.status, campaign.reason) == ("cancelled", "TOO_LATE: nothing ran until then")


def test_more_than_its_limit_of_credits_is_not_spent(store: Store) -> None:
    for _ in range(3):
        born(store, 7, 1)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store, max_credits=2)

    passed("2026-07-01T06:00")

    [campaign] = campaigns(automation)
    assert campaign.reason == "QUOTE_CHANGED: It would cost 3 credits; 2 were agreed to."
    assert texted(automation) == []


@pytest.mark.parametrize("place", ["freeze_ids", "history.append"])
def test_killed_between_the_fires_and_the_campaign_nothing_is_left_and_the_next_sweep_sends_once(
    store: Store, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    ada = born(store, 7, 1)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store)

    def die(*_: Any, **__: Any) -> None:
        assert AutomationFire.objects.filter(automation=automation).exists()
        raise SystemExit

    with monkeypatch.context() as broken, at("2026-07-01T06:00"):
        broken.setattr(f"campaigns.automations.runs.{place}", die)
        with pytest.raises(SystemExit):
            swept()

    assert not AutomationFire.objects.exists()
    assert not AutomationRun.objects.exists()
    assert not Campaign.objects.exists()
    passed("2026-07-01T06:00:30", "2026-07-01T06:01")
    assert texted(automation) == [ada.pk]


def test_one_that_breaks_keeps_no_other_waiting(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    born(store, 7, 1)
    with at("2026-06-30T12:00"):
        broken, fine = AutomationFactory.create_batch(2, store=store, daily_cap=None)
    automations.edit(
        store=store,
        automation_id=broken.pk,
        fields={"audience": {"kind": "list", "id": 1, "exclude": []}},
        actor=SYSTEM,
    )

    def choose(automation: Any, **options: Any) -> Any:
        if automation.pk == broken.pk:
            raise LookupError
        return who.choose(automation, **options)

    monkeypatch.setattr("campaigns.automations.runs.choose", choose)
    done, later = passed("2026-07-01T06:00", "2026-07-01T06:04:59")

    assert done == {"due": 2, "failed": 1, "made": 1, "people": 1}
    assert later == {}
    assert (texted(broken), len(texted(fine))) == ([], 1)
    monkeypatch.undo()
    assert passed("2026-07-01T06:05") == [{"due": 1, "nobody": 1}]


def test_a_store_that_moves_to_another_zone_takes_its_hours_along(store: Store) -> None:
    born(store, 7, 1)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store)
    Store.objects.filter(pk=store.pk).update(time_zone="America/New_York")

    too_early, on_time = passed("2026-07-01T06:00", "2026-07-01T13:00")

    assert too_early == {"clocks": 1}
    assert on_time["people"] == 1
    assert fresh(automation).zone == "America/New_York"


def test_a_store_that_moves_west_has_no_day_twice(store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(time_zone="Pacific/Kiritimati")
    born(store, 7, 1)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=Store.objects.get(pk=store.pk))
    passed("2026-06-30T19:00")
    Store.objects.filter(pk=store.pk).update(time_zone="Pacific/Pago_Pago")

    passed("2026-06-30T19:30", "2026-06-30T20:00", "2026-07-01T20:00", "2026-07-02T20:00")

    assert [key for key, _, _ in runs(automation)] == ["2026-07-01", "2026-06-30", "2026-07-02"]
    assert len(texted(automation)) == 1
