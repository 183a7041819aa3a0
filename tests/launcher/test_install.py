"""The virtual environment is made again when what it was made from changed, and only then."""

import sys
from pathlib import Path

import pytest

from launcher import install


@pytest.fixture
def lock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "base.txt"
    file.write_text("django==5.2.19\n")
    monkeypatch.setattr(install, "LOCK_FILES", (file,))
    monkeypatch.setattr(install, "STAMP", tmp_path / ".installed")
    monkeypatch.setattr(install, "LOCAL", tmp_path)
    return file


@pytest.fixture
def installations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Counts installations instead of making them: they need a network."""
    made: list[str] = []
    monkeypatch.setattr(install, "install", lambda: made.append("made"))
    return made


def test_the_first_start_installs_and_the_second_does_not(lock_file: Path, installations: list[str]) -> None:
    install.ensure()
    install.ensure()

    assert installations == ["made"]


def test_a_changed_lock_file_installs_again(lock_file: Path, installations: list[str]) -> None:
    install.ensure()
    lock_file.write_text("django==5.2.20\n")

    assert not install.is_current()
    install.ensure()

    assert installations == ["made", "made"]


def test_another_python_installs_again(
    lock_file: Path, installations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    install.ensure()
    monkeypatch.setattr(sys, "version", "3.13.0 (another one)")

    assert not install.is_current()


def test_an_installation_that_breaks_off_is_not_taken_for_done(
    lock_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off() -> None:
        raise SystemExit("no network")

    monkeypatch.setattr(install, "install", break_off)

    with pytest.raises(SystemExit, match="no network"):
        install.ensure()

    assert not install.is_current()
