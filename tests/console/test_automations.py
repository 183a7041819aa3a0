"""Automations in the console: what they did, what they do next, and a form for each kind."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from audiences.models import Store
from campaigns.models import Automation, AutomationRun, CampaignProgress
from config.opaque import public_id
from tests.console.conftest import as_member
from tests.factories import AutomationFactory, CampaignFactory, ContactListFactory, SegmentFactory, api_id


def address(automation: Automation) -> str:
    return f"/automations/{public_id(automation.pk, kind='aut')}"


def fields(body: str) -> set[str]:
    form = body[body.index('id="text"') :]
    return set(re.findall(r'\sname="(\w+)"', form)) - {"next", "language"}


def audiences(body: str) -> list[tuple[dict[str, Any], bool]]:
    """(audience, chosen) of every choice."""
    options = body[body.index('id="audience"') :].partition("</select>")[0]
    found = re.findall(r'<option value="([^"]*)"( selected)?>', options)
    return [(json.loads(unescape(value)), bool(selected)) for value, selected in found]


def test_no_automation_yet(owner: Client) -> None:
    assert "No automation yet" in owner.get("/automations").content.decode()
    assert "No automation is like that" in owner.get("/automations?active=true").content.decode()


def test_the_list_has_states_and_sums(store: Store, owner: Client) -> None:
    automation = AutomationFactory.create(store=store, name="Many happy returns")
    AutomationFactory.create(store=store, name="Welcome in", kind="welcome", active=False)
    campaign = CampaignFactory.create(store=store, kind="birthday", automation=automation)
    CampaignProgress.objects.update_or_create(
        campaign=campaign, defaults={"audience": 12, "delivered": 9, "sent": 3, "credits_charged": 24}
    )

    rows = owner.get("/automations").content.decode().split("<tr>")[2:]

    welcome, birthday = (re.sub(r"<[^>]+>|\s+", " ", row) for row in rows)
    assert re.search(r"Welcome in\s+Welcome\s+Off", welcome)
    assert re.search(r"Many happy returns\s+Birthday\s+On .* 12\s+9\s+24", birthday)


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        ("birthday", {"send_hour", "day_offset"}),
        ("welcome", {"delay_minutes"}),
        ("winback", {"send_hour", "inactive_days", "activity", "dedupe_hours"}),
        ("event", {"event_name", "campaign_kind", "delay_minutes", "dedupe_hours"}),
    ],
)
def test_each_kind_has_its_form(store: Store, owner: Client, kind: str, own: set[str]) -> None:
    body = owner.get(f"/automations/new?kind={kind}").content.decode()
    of_all = {
        "kind", "name", "message", "window_hours", "audience", "daily_cap", "max_credits", "on_missing", "priority",
    }  # fmt: skip

    assert fields(body) == own | of_all
    assert 'data-api="POST automations"' in body
    assert ('data-rows="conditions"' in body) == (kind == "event")


def test_one_chooses_the_kind_first(owner: Client) -> None:
    body = owner.get("/automations/new").content.decode()

    assert re.findall(r'href="\?kind=(\w+)"', body) == ["birthday", "welcome", "winback", "event"]
    assert owner.get("/automations/new?kind=daily").status_code == 404


def test_an_automation_shows_its_next_run_its_runs_and_its_sums(store: Store, owner: Client) -> None:
    automation = AutomationFactory.create(store=store, name="Many happy returns")
    campaign = CampaignFactory.create(store=store, kind="birthday", automation=automation)
    runs = [("2026-11-01", "made", campaign, {}), ("2026-11-02", "nobody", None, {"opted_out": 3})]
    for key, outcome, made, left_out in runs:
        AutomationRun.objects.create(
            automation=automation,
            key=key,
            outcome=outcome,
            campaign=made,
            left_out=left_out,
            due_at=campaign.created_at,
        )

    body = owner.get(address(automation)).content.decode()

    assert f"/campaigns/{public_id(campaign.pk, kind='cmp')}" in body
    assert "Nobody was meant" in body
    assert "Opted out: 3" in body
    assert "The next run" in body
    assert 'data-api="POST automations/' in body
    assert re.findall(r'data-api="POST automations/\w+/(\w+)"', body) == ["off"]


def test_one_that_is_off_can_be_switched_on(store: Store, owner: Client) -> None:
    automation = AutomationFactory.create(store=store, active=False)

    body = owner.get(address(automation)).content.decode()

    assert re.findall(r'data-api="POST automations/\w+/(\w+)"', body) == ["on"]
    assert "only if it is switched on before" in body


def test_conditions_are_drawn_as_they_are_stored(store: Store, owner: Client) -> None:
    conditions = [{"property": "total", "op": "gte", "value": 62.5}, {"property": "web", "op": "eq", "value": True}]
    automation = AutomationFactory.create(store=store, kind="event", event_name="purchase", conditions=conditions)

    body = owner.get(address(automation)).content.decode()

    assert re.findall(r'data-member="property"[^>]*value="(\w*)"', body) == ["total", "web", ""]
    assert re.findall(r'<option value="(\w+)" selected>is', body) == ["gte", "eq", "eq"]
    assert re.findall(r'data-type="scalar"[^>]*value="([\w.]*)"', body) == ["62.5", "true", ""]


def test_lists_and_segments_can_be_chosen(store: Store, owner: Client) -> None:
    place, segment = ContactListFactory.create(store=store), SegmentFactory.create(store=store)
    audience = {"kind": "segment", "id": segment.pk, "exclude": []}
    automation = AutomationFactory.create(store=store, audience=audience)

    found = audiences(owner.get(address(automation)).content.decode())

    assert [audience for audience, chosen in found if chosen] == [{"segment": api_id(segment)}]
    assert {"list": api_id(place)} in [audience for audience, _ in found]
    assert {"segment": "sys:women"} in [audience for audience, _ in found]


def test_an_audience_that_leaves_somebody_out_stays_as_it_is(store: Store, owner: Client) -> None:
    place = ContactListFactory.create(store=store)
    audience = {"kind": "all", "exclude": [{"kind": "list", "id": place.pk}]}
    automation = AutomationFactory.create(store=store, audience=audience)

    found = audiences(owner.get(address(automation)).content.decode())

    assert found[0] == ({"all": True, "exclude": [{"list": api_id(place)}]}, True)
    assert sum(chosen for _, chosen in found) == 1


def test_a_viewer_reads_and_switches_nothing(store: Store, viewer: Client) -> None:
    automation = AutomationFactory.create(store=store)

    body = viewer.get(address(automation)).content.decode()

    assert re.findall(r'data-api="(?:POST|DELETE)', body) == []
    assert '<fieldset class="stack" disabled>' in body
    assert viewer.get("/automations/new").status_code == 403


def test_another_stores_automations_are_not_shown(store: Store, other_store: Store) -> None:
    automation = AutomationFactory.create(store=store, name="Ours alone")
    stranger = as_member(other_store)

    assert stranger.get(address(automation)).status_code == 404
    assert "Ours alone" not in stranger.get("/automations").content.decode()
