"""Each guard of the protocol is taken away in a copy of the tree: a test that then passes has never tested it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.mutants.mutants import MUTANTS, Mutant
from tests.simulator import ROOT

pytestmark = [pytest.mark.flow, pytest.mark.timeout(180)]

PARTS = (
    "audiences",
    "billing",
    "campaigns",
    "config",
    "messaging",
    "providers",
    "templates",
    "tests",
    "manage.py",
    "pyproject.toml",
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree in which anything may be broken."""
    folder = tmp_path_factory.mktemp("mutants")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / part)
    return folder


def run(copy: Path, tests: str) -> subprocess.CompletedProcess[str]:
    """The tests in the copy, on a test database of their own."""
    at = settings.DATABASES["default"]
    host = str(at["HOST"]).replace("/", "%2F")
    name = f"mutants_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"  # several may be tried side by side
    url = f"postgres://{at['USER']}:{at['PASSWORD']}@{host}:{at['PORT']}/{name}"
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--create-db", "-p", "no:randomly", tests]
    environment = {**os.environ, "DATABASE_URL": url, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name.replace(" ", "-") for mutant in MUTANTS])
def test_a_guard_that_is_taken_away_is_missed(copy: Path, mutant: Mutant) -> None:
    file = copy / mutant.file
    sound = file.read_text()
    assert sound.count(mutant.guard) == 1, "the guard is not where it was: mend the list of mutants"

    file.write_text(sound.replace(mutant.guard, mutant.instead))
    try:
        result = run(copy, mutant.tests)
    finally:
        file.write_text(sound)

    assert result.returncode == 1, f"nobody noticed: {result.stdout[-2000:]}{result.stderr[-2000:]}"
    assert "failed" in result.stdout.splitlines()[-1]
