"""Short commands: where their output goes, and what their failure means."""

import subprocess
import sys

import pytest

from launcher import commands


def test_output_is_kept_away_from_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    commands.quiet([sys.executable, "-c", "print('resolved')"])

    assert capfd.readouterr() == ("", "resolved\n")


def test_a_failure_is_an_exception() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        commands.quiet([sys.executable, "-c", "exit(1)"])


def test_a_database_that_cannot_be_migrated_ends_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "PYTHON", "/bin/false")

    with pytest.raises(SystemExit, match="could not be migrated"):
        commands.migrate({})


def test_what_would_mislead_python_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "other.settings")
    monkeypatch.setenv("SMS_BATCH_SIZE", "100")

    env = commands.environment()

    assert "PYTHONPATH" not in env
    assert "DJANGO_SETTINGS_MODULE" not in env
    assert env["SMS_BATCH_SIZE"] == "100"


def test_a_program_that_does_not_exist_does_not_succeed() -> None:
    assert commands.succeeds(["true"])
    assert not commands.succeeds(["false"])
    assert not commands.succeeds(["no-such-program"])
