"""The steps of bin/test, those first that find a mistake soonest."""

import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import NamedTuple

from launcher import lockfiles
from launcher.place import PYTHON, ROOT, VENV

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FEWEST_CORES_FOR_WORKERS = 2
MOST_WORKERS = 4

# A deployment as it should be; no value here is used anywhere.
PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": "only-to-check-the-settings-0123456789-abcdefghijklmnopqrstuvwxyz",
    "REFERENCE_KEY": "only-to-check-the-settings-reference-key-0123456789",
    "SUPPRESSION_KEY": "only-to-check-the-settings-suppression-key-0123456789",
    "LINK_KEYS": "1:only-to-check-the-settings-link-key-0123456789",
    "CREDENTIAL_KEYS": "only-to-check-the-settings-credential-key-0123456789",
    "ALLOWED_HOSTS": "sms.example.com",
    "PUBLIC_URL": "https://sms.example.com",
    "STREAM_URL": "https://stream.example.com",
}


class Step(NamedTuple):
    """One check: a command, or a function that returns what is wrong, or only the reason why it is skipped."""

    name: str
    command: Sequence[str] = ()
    function: Callable[[], list[str]] | None = None
    env: Mapping[str, str] = {}
    skipped: str = ""
    must_run: bool = False


def all_steps(*, state: Path, browser_required: bool) -> list[Step]:
    """Everything CI checks. state: a folder for files made on the way."""
    openapi = state / "openapi.yaml"
    return [
        Step("format", module("ruff", "format", "--check", ".")),
        # Which imports are ours depends on which files exist, and ruff's cache does not notice new ones.
        Step("lint", module("ruff", "check", "--no-cache", ".")),
        templates(),
        Step("types", module("mypy")),
        Step("layers", [str(VENV / "bin" / "lint-imports"), "--no-logo"]),
        Step("locks", function=lambda: lockfiles.problems(ROOT / "requirements")),
        Step("migrations", manage("makemigrations", "--check", "--dry-run")),
        Step("deploy", manage("check", "--deploy", "--fail-level", "WARNING"), env=PRODUCTION),
        Step("openapi", manage("spectacular", "--validate", "--fail-on-warn", "--file", str(openapi))),
        Step("openapi file", function=lambda: differences(ROOT / "docs" / "openapi.yaml", fresh=openapi)),
        *tests(browser_required=browser_required),
        *drill(),
    ]


def module(name: str, *arguments: str) -> list[str]:
    return [str(PYTHON), "-m", name, *arguments]


def manage(*arguments: str) -> list[str]:
    return [str(PYTHON), "manage.py", *arguments]


def templates() -> Step:
    files = sorted(str(file.relative_to(ROOT)) for file in (ROOT / "templates").rglob("*.html"))
    if not files:
        return Step("templates", skipped="there are none")
    return Step("templates", [str(VENV / "bin" / "djade"), "--check", "--target-version", "5.2", *files])


def tests(*, browser_required: bool) -> list[Step]:
    """The tests in parallel, then those that start whole systems of processes, fewer at once."""
    has_browser_tests = (ROOT / "tests" / "browser").is_dir()
    without_browser = has_browser_tests and find_browser() is None
    only = "not flow and not browser" if without_browser else "not flow"
    steps = [Step("tests", module("pytest", "-q", *workers(), "-m", only))]
    if uses_marker("flow"):
        steps.append(
            Step(
                "flow tests",
                module("pytest", "-q", *workers(most=3), "-m", "flow and not browser" if without_browser else "flow"),
            )
        )
    if without_browser:
        steps.append(Step("browser", skipped="no Chromium found; its tests did not run", must_run=browser_required))
    return steps


def workers(most: int = MOST_WORKERS) -> list[str]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores < FEWEST_CORES_FOR_WORKERS:
        return []
    return ["-n", str(min(cores, most)), "--dist", "loadgroup"]


def uses_marker(name: str) -> bool:
    """Whether any test carries the marker; pytest calls it an error to select nothing."""
    marked = re.compile(rf"^\s*(@|pytestmark = )pytest\.mark\.{name}\b", re.MULTILINE)
    return any(marked.search(file.read_text()) for file in (ROOT / "tests").rglob("*.py"))


def find_browser() -> str | None:
    """The Chromium to test with: HELIOGRAPH_CHROMIUM or one on the PATH."""
    return os.environ.get("HELIOGRAPH_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def drill() -> list[Step]:
    """A minute of crash drill, once the product has the command; its seed is random and printed."""
    if not any(ROOT.glob("*/management/commands/crash_drill.py")):
        return []
    return [Step("crash drill", manage("crash_drill", "--recipients", "3000", "--minutes", "1"))]


def differences(committed: Path, *, fresh: Path) -> list[str]:
    """How the committed description of the API differs from what the code says."""
    if not committed.exists():
        return [f"{committed.relative_to(ROOT)} is missing; make it with manage.py spectacular --file"]
    if not fresh.exists():
        return ["the step before made no file to compare with"]
    old, new = (file.read_text().splitlines() for file in (committed, fresh))
    return list(unified_diff(old, new, str(committed.relative_to(ROOT)), "made from the code", n=1, lineterm=""))
