"""Short commands that the launcher waits for."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from launcher.place import PYTHON, ROOT
from launcher.signals import before_exec


def quiet(command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> None:
    """Run a command, its output on standard error. Raises CalledProcessError when it fails."""
    prepare = before_exec(by=signal.SIGTERM, own_session=False)
    subprocess.run(command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=2, check=True, preexec_fn=prepare)


def migrate(env: Mapping[str, str]) -> None:
    """Bring the database of DATABASE_URL up to date. Exits when that fails; the command has said why."""
    try:
        quiet([str(PYTHON), "manage.py", "migrate", "-v0"], env=env)
    except subprocess.CalledProcessError as error:
        raise SystemExit("The database could not be migrated; see above.") from error


def output(command: Sequence[str], *, env: Mapping[str, str] | None = None) -> str:
    """Run a command and return what it printed; its complaints are shown. Raises CalledProcessError when it fails."""
    return subprocess.run(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout


def succeeds(command: Sequence[str]) -> bool:
    """Whether a command exists and ends with 0; its output is thrown away."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def environment(*, foreign: tuple[str, ...] = ("PYTHONPATH", "PYTHONHOME", "DJANGO_SETTINGS_MODULE")) -> dict[str, str]:
    """Our environment without the variables, or groups of variables, that make programs look elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
