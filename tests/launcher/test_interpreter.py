"""An old Python hands over to a newer one, or says what is needed."""

import subprocess
import sys
from pathlib import Path

import pytest

from launcher import interpreter
from launcher.place import ROOT

# Runs bin/launcher/interpreter.py as if this Python were too old.
AS_IF_OLD = "import sys; sys.path.insert(0, sys.argv.pop(1)); from launcher import interpreter; "
AS_IF_OLD += "interpreter.OLDEST = (99, 0); interpreter.ensure_recent()"


def run_as_if_old(*, path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", AS_IF_OLD, str(ROOT / "bin"), "--once"]
    return subprocess.run(command, env={"PATH": str(path)}, capture_output=True, text=True, check=False)


def test_a_recent_python_goes_on() -> None:
    before = list(sys.argv)

    interpreter.ensure_recent()

    assert sys.argv == before


def test_an_old_python_hands_over_to_a_newer_one_with_the_same_arguments(tmp_path: Path) -> None:
    (tmp_path / "python3.12").write_text('#!/bin/sh\necho newer "$@"\n')
    (tmp_path / "python3.12").chmod(0o755)

    assert run_as_if_old(path=tmp_path).stdout == "newer -c --once\n"


def test_an_old_python_alone_says_what_is_needed(tmp_path: Path) -> None:
    done = run_as_if_old(path=tmp_path)

    assert done.returncode == 1
    assert "needs Python 3.11 or newer; this is 3." in done.stderr


@pytest.mark.parametrize("name", ["demo", "test"])
def test_the_commands_can_be_run(name: str) -> None:
    done = subprocess.run([str(ROOT / "bin" / name), "--help"], capture_output=True, text=True, check=False)

    assert done.returncode == 0
    assert f"usage: bin/{name}" in done.stdout
