"""The hashed lock files hold what the .in files ask for."""

from pathlib import Path

import pytest

from launcher import lockfiles
from launcher.place import ROOT


def write(folder: Path, *, wanted: str, locked: str) -> Path:
    (folder / "base.in").write_text(wanted)
    (folder / "base.txt").write_text(locked)
    return folder


@pytest.mark.parametrize(
    "wanted",
    ["django", "Django~=5.2.3", "django==5.2.19", "django[argon2]", "# a comment\n\n-c other.txt\ndjango"],
)
def test_a_package_that_is_locked_in_a_fitting_version_is_fine(wanted: str, tmp_path: Path) -> None:
    folder = write(tmp_path, wanted=wanted, locked="django==5.2.19 \\\n    --hash=sha256:00\n")

    assert lockfiles.problems(folder) == []


def test_names_are_compared_as_package_indexes_do(tmp_path: Path) -> None:
    folder = write(tmp_path, wanted="Pytest_Django", locked="pytest-django==4.14.0 \\\n")

    assert lockfiles.problems(folder) == []


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ("celery", "base.txt: celery is missing"),
        ("django==5.2.18", "base.txt: django is 5.2.19, wanted ==5.2.18"),
        ("django~=5.2.20", "base.txt: django is 5.2.19, wanted ~=5.2.20"),
        ("django~=5.1.0", "base.txt: django is 5.2.19, wanted ~=5.1.0"),
    ],
)
def test_a_lock_that_lags_behind_is_told(wanted: str, problem: str, tmp_path: Path) -> None:
    folder = write(tmp_path, wanted=wanted, locked="django==5.2.19 \\\n")

    assert lockfiles.problems(folder) == [problem]


def test_an_input_without_a_lock_is_told(tmp_path: Path) -> None:
    (tmp_path / "base.in").write_text("django")

    assert lockfiles.problems(tmp_path) == ["base.in has no base.txt"]


def test_ours_are_in_step() -> None:
    assert lockfiles.problems(ROOT / "requirements") == []
