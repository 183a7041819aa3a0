"""Which checks bin/test makes, and what it says about those it cannot make."""

import os
from pathlib import Path

import pytest

from launcher import steps


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project: no templates, no tests, no Chromium."""
    (tmp_path / "tests").mkdir()
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    monkeypatch.setattr(steps, "find_browser", lambda: None)
    return tmp_path


def test_everything_ci_promises_is_checked(root: Path, tmp_path: Path) -> None:
    names = [step.name for step in steps.all_steps(state=tmp_path, browser_required=True)]

    assert names == [
        "format",
        "lint",
        "templates",
        "types",
        "layers",
        "locks",
        "migrations",
        "deploy",
        "openapi",
        "openapi file",
        "tests",
    ]


def test_templates_are_checked_once_there_are_any(root: Path) -> None:
    assert steps.templates().skipped == "there are none"

    (root / "templates" / "console").mkdir(parents=True)
    (root / "templates" / "console" / "page.html").write_text("")

    assert steps.templates().command[-1] == "templates/console/page.html"


def test_flow_tests_run_by_themselves(root: Path) -> None:
    (root / "tests" / "test_flow.py").write_text("@pytest.mark.flow\ndef test_all(): ...")

    parallel, flows = steps.tests(browser_required=True)

    assert parallel.command[-1] == "not flow"
    assert flows.command[-1] == "flow"


def test_a_marker_that_is_only_spoken_of_is_not_used(root: Path) -> None:
    (root / "tests" / "test_other.py").write_text("text = '@pytest.mark.flow'\n@pytest.mark.browser\ndef test(): ...")

    assert not steps.uses_marker("flow")
    assert steps.uses_marker("browser")


def test_the_crash_drill_comes_last_once_the_product_has_it(root: Path, tmp_path: Path) -> None:
    commands = root / "messaging" / "management" / "commands"
    commands.mkdir(parents=True)
    (commands / "crash_drill.py").touch()

    last = steps.all_steps(state=tmp_path, browser_required=True)[-1]

    assert last.command[1:] == ["manage.py", "crash_drill", "--recipients", "3000", "--minutes", "1"]


@pytest.mark.parametrize("required", [False, True])
def test_without_chromium_browser_tests_are_left_out_and_told(root: Path, required: bool) -> None:
    (root / "tests" / "browser").mkdir()

    rest, browser = steps.tests(browser_required=required)

    assert rest.command[-1] == "not flow and not browser"
    assert browser.skipped == "no Chromium found; its tests did not run"
    assert browser.must_run is required


@pytest.mark.parametrize(("cores", "words"), [(1, []), (2, ["-n", "2"]), (16, ["-n", "4"])])
def test_tests_share_the_cores(cores: int, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))

    assert steps.workers()[:2] == words


def test_fewer_systems_of_processes_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)))

    assert steps.workers(most=3)[:2] == ["-n", "3"]


def test_the_committed_api_description_must_be_the_code_s(root: Path) -> None:
    committed, fresh = root / "openapi.yaml", root / "fresh.yaml"
    assert steps.differences(committed, fresh=fresh) == [
        "openapi.yaml is missing; make it with manage.py spectacular --file"
    ]
    committed.write_text("a: 1\nb: 2\n")
    assert steps.differences(committed, fresh=fresh) == ["the step before made no file to compare with"]

    fresh.write_text("a: 1\nb: 3\n")
    changed = steps.differences(committed, fresh=fresh)
    fresh.write_text("a: 1\nb: 2\n")

    assert changed[-2:] == ["-b: 2", "+b: 3"]
    assert steps.differences(committed, fresh=fresh) == []
