"""Writing automations, switching them, and what each kind may have."""

from typing import Any

import pytest

from audiences.models import Store
from campaigns.automations.rules import OF_KIND
from campaigns.errors import InvalidStatus, NoMessageText
from campaigns.models import Automation
from campaigns.models.automation import AUTOMATION_KINDS
from campaigns.services import automations
from campaigns.services.automations import AutomationNameTaken, TooManyAutomations
from campaigns.services.schedule import Plan, schedule, unschedule
from campaigns.services.shelf import NotWritten, clone
from config.audit import SYSTEM, Actor
from config.models import AuditEvent
from config.problems import InvalidFields, NotFound
from tests.automations.steps import at, born, campaigns, fresh, passed
from tests.campaigns.planning import SOON
from tests.factories import AutomationFactory, StoreFactory

pytestmark = pytest.mark.django_db
ACTOR = Actor("user:7")
FIELDS: dict[str, Any] = {
    "name": "Hello",
    "message": "Hi {{first_name|there}}",
    "audience": {"kind": "all", "exclude": []},
}


def written(store: Store, kind: str = "birthday", **fields: Any) -> Automation:
    return automations.create(store=store, kind=kind, fields=FIELDS | fields, actor=ACTOR)


def audited() -> list[str]:
    return list(
        AuditEvent.objects.filter(subject__startswith="automation:").order_by("pk").values_list("action", flat=True)
    )


@pytest.mark.parametrize("kind", AUTOMATION_KINDS)
def test_a_new_one_is_switched_off_and_has_what_its_kind_has(store: Store, kind: str) -> None:
    own = {"event_name": "purchase"} if kind == "event" else {}

    made = written(store, kind, **own)

    expected = {**OF_KIND[kind], **own}
    assert {name: getattr(made, name) for name in expected} == expected
    assert (made.active, made.next_run_at, made.daily_cap, made.created_by) == (False, None, 1, "user:7")
    assert audited() == ["automation.create"]


@pytest.mark.parametrize(
    ("kind", "fields", "pointer", "code"),
    [
        ("birthday", {"message": "Hi {{size}}"}, "#/message", "unknown_placeholder"),
        ("birthday", {"name": "  "}, "#/name", "blank"),
        ("birthday", {"send_hour": 24}, "#/send_hour", "out_of_bounds"),
        ("birthday", {"send_hour": None}, "#/send_hour", "out_of_bounds"),
        ("birthday", {"day_offset": -61}, "#/day_offset", "out_of_bounds"),
        ("birthday", {"window_hours": 0}, "#/window_hours", "out_of_bounds"),
        ("birthday", {"daily_cap": 0}, "#/daily_cap", "out_of_bounds"),
        ("birthday", {"delay_minutes": 5}, "#/delay_minutes", "not_of_this_kind"),
        ("birthday", {"campaign_kind": "service"}, "#/campaign_kind", "invalid_choice"),
        ("welcome", {"send_hour": 9}, "#/send_hour", "not_of_this_kind"),
        ("winback", {"inactive_days": 0}, "#/inactive_days", "out_of_bounds"),
        ("winback", {"activity": []}, "#/activity", "invalid_choice"),
        ("winback", {"activity": ["dreamt"]}, "#/activity", "invalid_choice"),
        ("event", {}, "#/event_name", "required"),
        ("event", {"event_name": "x", "campaign_kind": "birthday"}, "#/campaign_kind", "invalid_choice"),
        ("event", {"event_name": "x", "conditions": [{"property": "a", "op": "like", "value": 1}]},
         "#/conditions/0/op", "invalid_choice"),
        ("event", {"event_name": "x", "conditions": [{"property": "a", "op": "gt", "value": True}]},
         "#/conditions/0/value", "bad_value"),
        ("event", {"event_name": "x", "conditions": [{"property": "a", "op": "eq", "value": 1}] * 11},
         "#/conditions", "too_many"),
    ],
)  # fmt: skip
def test_what_does_not_hold_water_is_refused(
    store: Store, kind: str, fields: dict[str, Any], pointer: str, code: str
) -> None:
    with pytest.raises(InvalidFields) as caught:
        written(store, kind, **fields)

    [error] = caught.value.facts["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert not Automation.objects.exists()


def test_without_a_text_there_is_none(store: Store) -> None:
    with pytest.raises(NoMessageText):
        written(store, message=" ")


def test_a_name_is_taken_once_per_store_until_it_is_deleted(store: Store, other_store: Store) -> None:
    first, other = written(store), written(store, name="Other")
    written(other_store)
    with pytest.raises(AutomationNameTaken):
        written(store)
    with pytest.raises(AutomationNameTaken):
        automations.edit(store=store, automation_id=other.pk, fields={"name": "Hello"}, actor=ACTOR)

    automations.delete(store_id=store.pk, automation_id=first.pk, actor=ACTOR)

    assert written(store).name == "Hello"


def test_there_is_an_end_to_how_many(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automations, "AUTOMATIONS_MAX", 1)
    written(store)

    with pytest.raises(TooManyAutomations):
        written(store, name="Other")


def test_the_same_values_change_nothing(store: Store) -> None:
    made = written(store)

    automations.edit(store=store, automation_id=made.pk, fields=FIELDS, actor=ACTOR)

    assert audited() == ["automation.create"]


def test_another_hour_moves_the_next_run_of_an_active_one(store: Store) -> None:
    with at("2026-07-01T05:00"):
        made = AutomationFactory.create(store=store)
        automations.edit(store=store, automation_id=made.pk, fields={"send_hour": 20}, actor=ACTOR)

    assert fresh(made).next_run_at.isoformat() == "2026-07-01T17:00:00+00:00"  # type: ignore[union-attr]
    assert audited()[-1] == "automation.edit"
    assert AuditEvent.objects.latest("pk").facts == {"fields": ["send_hour"]}


def test_switching_is_audited_and_repeating_it_changes_nothing(store: Store) -> None:
    made = written(store)
    for _ in range(2):
        automations.switch_on(store_id=store.pk, automation_id=made.pk, actor=ACTOR)
    since = fresh(made).active_since
    for _ in range(2):
        automations.switch_off(store_id=store.pk, automation_id=made.pk, actor=ACTOR, reason="summer")

    off = fresh(made)
    assert (off.active, off.next_run_at, off.next_day, off.active_since) == (False, None, None, since)
    assert audited() == ["automation.create", "automation.switch_on", "automation.switch_off"]
    assert AuditEvent.objects.latest("pk").reason == "summer"


def test_switched_off_a_run_that_waits_for_credits_is_cancelled() -> None:
    store = StoreFactory.create()
    born(store, 7, 1)
    with at("2026-06-30T12:00"):
        made = AutomationFactory.create(store=store)
    passed("2026-07-01T06:00")

    automations.switch_off(store_id=store.pk, automation_id=made.pk, actor=ACTOR)

    assert [campaign.status for campaign in campaigns(made)] == ["cancelled"]


def test_a_deleted_one_is_gone_and_what_it_sent_stays(store: Store) -> None:
    born(store, 7, 1)
    with at("2026-06-30T12:00"):
        made = AutomationFactory.create(store=store)
    passed("2026-07-01T06:00")

    automations.delete(store_id=store.pk, automation_id=made.pk, actor=ACTOR)

    assert [campaign.status for campaign in campaigns(made)] == ["sending"]
    assert passed("2026-07-02T06:00") == [{}]
    for act in (automations.switch_on, automations.delete):
        with pytest.raises(NotFound):
            act(store_id=store.pk, automation_id=made.pk, actor=ACTOR)


def test_another_stores_is_not_there(store: Store, other_store: Store) -> None:
    made = written(store)

    with pytest.raises(NotFound):
        automations.automation_of(store_id=other_store.pk, automation_id=made.pk)
    with pytest.raises(NotFound):
        automations.edit(store=other_store, automation_id=made.pk, fields={"name": "Mine"}, actor=ACTOR)


def test_a_run_cannot_be_planned_anew_nor_copied() -> None:
    store = StoreFactory.create()
    born(store, 7, 1)
    with at("2026-06-30T12:00"):
        made = AutomationFactory.create(store=store)
    passed("2026-07-01T06:00")
    [run] = campaigns(made)
    which: dict[str, Any] = {"store_id": store.pk, "campaign_id": run.pk, "actor": SYSTEM}

    with pytest.raises(InvalidStatus):
        schedule(**which, plan=Plan(SOON))
    with pytest.raises(InvalidStatus):
        unschedule(**which)
    with pytest.raises(NotWritten):
        clone(**which)

    assert [each.status for each in campaigns(made)] == ["scheduled"]
