"""Automations over HTTP: written, switched, looked at."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from audiences.models import Store
from billing.services import grant
from campaigns.models import Automation
from config.audit import SYSTEM
from config.opaque import private_id, public_id
from tests.api.clients import V1, code, pointers
from tests.automations.steps import at, born, passed
from tests.factories import AutomationFactory, ContactListFactory, api_id

BODY = {"kind": "birthday", "name": "Many happy returns", "message": "Happy birthday {{first_name|dear}}!"}


def written(api: APIClient, **fields: Any) -> Any:
    return api.post(f"{V1}/automations", BODY | fields).json()


def test_an_automation_is_written_read_changed_switched_and_deleted(api: APIClient, store: Store) -> None:
    vip = api_id(ContactListFactory.create(store=store))
    made = api.post(f"{V1}/automations", BODY | {"send_hour": 10, "audience": {"list": vip}})

    shown = made.json()
    where = f"{V1}/automations/{shown['id']}"
    assert made.status_code == 201
    assert (shown["active"], shown["send_hour"], shown["audience"], shown["campaign_kind"]) == (
        False,
        10,
        {"list": vip},
        "birthday",
    )
    assert (shown["daily_cap"], shown["window_hours"], shown["next_run_at"]) == (1, 6, None)
    assert api.get(where).json() == shown
    assert api.patch(where, shown | {"day_offset": -3}).json()["day_offset"] == -3  # what was read may be sent back
    on = api.post(f"{where}/on").json()
    assert (on["active"], on["next_run_at"] is not None) == (True, True)
    assert [row["id"] for row in api.get(f"{V1}/automations", {"active": "true"}).json()["results"]] == [shown["id"]]
    assert api.get(f"{V1}/automations", {"kind": "welcome"}).json()["results"] == []
    assert api.post(f"{where}/off", {"reason": "summer"}).json()["active"] is False
    assert api.delete(where).status_code == 204
    assert code(api.get(where)) == (404, "NOT_FOUND")
    assert api.get(f"{V1}/automations").json()["results"] == []


def test_left_out_the_audience_is_everybody(api: APIClient) -> None:
    assert written(api)["audience"] == {"all": True}


@pytest.mark.parametrize(
    ("change", "error", "refusal"),
    [
        ({"message": "Hi {{size}}"}, (400, "VALIDATION_ERROR"), [("#/message", "unknown_placeholder")]),
        ({"kind": "wedding"}, (400, "VALIDATION_ERROR"), [("#/kind", "invalid_choice")]),
        ({"active": True}, (400, "VALIDATION_ERROR"), [("#/active", "read_only")]),
        ({"send_hour": 99}, (400, "VALIDATION_ERROR"), [("#/send_hour", "out_of_bounds")]),
        ({"delay_minutes": 9}, (400, "VALIDATION_ERROR"), [("#/delay_minutes", "not_of_this_kind")]),
        ({"audience": {"frozen": True}}, (400, "AUDIENCE_INVALID"), [("#/audience/frozen", "audience")]),
        ({"hour": 9}, (400, "VALIDATION_ERROR"), [("#/hour", "unknown_field")]),
        (
            {"kind": "event", "event_name": "a", "conditions": [{"property": "x", "op": "eq", "value": [1]}]},
            (400, "VALIDATION_ERROR"),
            [("#/conditions/0/value", "bad_value")],
        ),
        ({"name": "Taken"}, (409, "CONFLICT"), []),
    ],
)
def test_a_bad_one_is_refused(
    api: APIClient, store: Store, change: dict[str, Any], error: tuple[int, str], refusal: list[tuple[str, str]]
) -> None:
    AutomationFactory.create(store=store, name="Taken", active=False)

    answer = api.post(f"{V1}/automations", BODY | change)

    assert code(answer) == error
    assert pointers(answer) == refusal
    assert Automation.objects.count() == 1


def test_the_kind_stays(api: APIClient) -> None:
    where = f"{V1}/automations/{written(api)['id']}"

    assert pointers(api.patch(where, {"kind": "welcome"})) == [("#/kind", "read_only")]


def test_an_event_one_and_its_conditions(api: APIClient) -> None:
    conditions = [{"property": "total", "op": "gte", "value": 50}, {"property": "shop", "op": "eq", "value": "web"}]

    made = written(api, kind="event", event_name="purchase", conditions=conditions, campaign_kind="service")

    assert (made["conditions"], made["campaign_kind"], made["dedupe_hours"]) == (conditions, "service", 24)


def test_the_preview_says_when_who_and_for_how_much(api: APIClient, store: Store) -> None:
    with at("2026-06-30T12:00"):
        ada = born(store, 7, 1, first_name="Ada")
        where = f"{V1}/automations/{written(api)['id']}"
        seen = api.get(f"{where}/preview").json()

    assert (seen["at"], seen["day"], seen["active"], seen["people"]) == (
        "2026-07-01T06:00:00Z",
        "2026-07-01",
        False,
        1,
    )
    assert (seen["quote"]["credits"], [one["code"] for one in seen["quote"]["blockers"]]) == (
        1,
        ["INSUFFICIENT_CREDITS"],
    )
    assert [(one["contact"], one["text"]) for one in seen["messages"]] == [(api_id(ada), "Happy birthday Ada!")]


def test_its_runs_lead_to_campaigns_that_lists_leave_out(api: APIClient, store: Store) -> None:
    born(store, 7, 1)
    born(store, 7, 2)
    with at("2026-06-30T12:00"):
        where = f"{V1}/automations/{written(api)['id']}"
        api.post(f"{where}/on")
    passed("2026-07-01T06:00")
    grant(store_id=store.pk, amount=5, key="more", label="", actor=SYSTEM)
    passed("2026-07-02T06:00", "2026-07-03T08:00")

    third, second, first = api.get(f"{where}/runs").json()["results"]

    assert (first["key"], first["outcome"], first["status"], first["people"]) == (
        "2026-07-01",
        "made",
        "cancelled",
        1,
    )
    assert first["reason"].startswith("TOO_LATE: INSUFFICIENT_CREDITS")
    assert (second["status"], second["reason"]) == ("sending", "")
    assert (third["outcome"], third["campaign"], third["status"]) == ("nobody", None, None)
    assert third["reason"] == "Nobody was due."
    campaign = api.get(f"{V1}/campaigns/{second['campaign']}").json()
    assert (campaign["kind"], campaign["audience"]) == ("birthday", {"frozen": True})
    assert campaign["automation"] == where.rpartition("/")[2]
    assert api.get(f"{V1}/campaigns").json()["results"] == []
    for narrowed in ({"kind": "birthday"}, {"automation": campaign["automation"]}):
        assert len(api.get(f"{V1}/campaigns", narrowed).json()["results"]) == 2
    assert pointers(api.get(f"{V1}/campaigns", {"automation": "nonsense"})) == [("#/automation", "unknown_id")]


def test_statistics(api: APIClient, store: Store) -> None:
    where = f"{V1}/automations/{written(api)['id']}"

    shown = api.get(f"{where}/statistics", {"days": "30"}).json()

    assert shown["runs"] == {"made": 0, "nobody": 0, "missed": 0}
    assert (shown["counts"]["delivered"], shown["credits"], shown["clicks"]) == (0, 0, 0)
    for days in ("0", "366", "x"):
        assert pointers(api.get(f"{where}/statistics", {"days": days})) == [("#/days", "invalid")]


def test_the_audit_names_them(api: APIClient) -> None:
    made = written(api)
    api.post(f"{V1}/automations/{made['id']}/on")

    rows = api.get(f"{V1}/audit", {"subject": f"automation:{made['id']}"}).json()["results"]

    assert [row["action"] for row in rows] == ["automation.switch_on", "automation.create"]
    assert made["id"] == public_id(private_id(made["id"], kind="aut") or 0, kind="aut")
