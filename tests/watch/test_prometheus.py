"""The rules and the dashboard: valid, and about metrics that exist."""

import json
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from config.models import SweepRun
from messaging.models import MessageLog
from tests.architecture.source import ROOT
from tests.factories import ProviderAccountFactory
from tests.watch.scrape import scraped

FOLDER = ROOT / "docs" / "prometheus"
RULES: dict[str, Any] = yaml.safe_load((FOLDER / "alerts.yml").read_text())
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text())
NAMED = re.compile(r"\b(?:heliograph|process)_\w+")
RUNBOOKS = (ROOT / "docs" / "operations.md").read_text()


def rules() -> list[dict[str, Any]]:
    return [rule for group in RULES["groups"] for rule in group["rules"]]


def expressions() -> list[str]:
    shown = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
    return [rule["expr"] for rule in rules()] + shown


def labels_in(expression: str) -> set[tuple[str, str]]:
    """(metric, label) wherever an expression selects by labels."""
    found = re.findall(r"(heliograph_\w+)\{([^}]*)\}", expression)
    return {(name, label) for name, inside in found for label in re.findall(r"(\w+)\s*=", inside)}


@pytest.fixture
def series(working: None) -> Any:
    """A scrape of a house in which each family has a sample."""
    account = ProviderAccountFactory.create()
    MessageLog.objects.create(store_id=1, account_id=account.pk, kind="attempt", outcome="accepted", attempt=1)
    SweepRun.objects.update(succeeded_at="2026-01-01T00:00:00Z")
    return scraped()


def test_promtool_finds_no_fault_with_the_rules() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed; the test of the rules' shape stands in")
    done = subprocess.run(
        [promtool, "check", "rules", str(FOLDER / "alerts.yml")], capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert f"SUCCESS: {len(rules())} rules found" in done.stdout


def test_each_rule_says_when_how_bad_and_what_to_do() -> None:
    for rule in rules():
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}, rule
        assert re.fullmatch(r"Heliograph[A-Z][A-Za-z]+", rule["alert"])
        assert re.fullmatch(r"\d+[smh]", rule["for"])
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["expr"].count("(") == rule["expr"].count(")")
    assert len({rule["alert"] for rule in rules()}) == len(rules())


def test_every_metric_that_is_named_exists_with_its_labels(series: Any) -> None:
    known = {name for name, _ in series}
    labels = {(name, label) for name, pairs in series for label, _ in pairs}

    assert {name for text in expressions() for name in NAMED.findall(text)} - known == set()
    assert {pair for text in expressions() for pair in labels_in(text)} - labels == set()


def test_every_metric_of_the_house_is_used_by_a_rule_or_shown(series: Any) -> None:
    used = {name for text in expressions() for name in NAMED.findall(text)}
    ours = {name for name, _ in series if name.startswith("heliograph_")}

    assert ours - used == {"heliograph_info", "heliograph_holds_oldest_seconds"}


def test_every_runbook_that_a_rule_names_exists() -> None:
    headings = set(re.findall(r"^#+ `?([^`\n]+)`?$", RUNBOOKS, re.MULTILINE))
    anchors = {heading.lower().replace(" ", "-") for heading in headings}

    named = {rule["annotations"]["runbook"].partition("#")[2] for rule in rules()}
    assert {name for name in named if "$labels" not in name} - anchors == set()


def test_the_dashboard_s_panels_have_a_place_and_a_source() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 20
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        assert panel["type"] == "row" or panel["datasource"]["uid"] == "${datasource}"
    assert [variable["name"] for variable in DASHBOARD["templating"]["list"]] == ["datasource"]
