"""The servers a run needs: ours, unless the environment names others."""

import os
from typing import IO

from launcher import locks, postgres, valkey
from launcher.commands import environment
from launcher.place import LOCAL, VENV, Place
from launcher.supervise import Supervisor

RUNS = 100
WAIT_FOR_PREVIOUS = 40.0


def demo_place() -> tuple[Place, IO[str]]:
    """The demo's state, one run at a time. Right after a kill -9 this waits for the old servers to be gone."""
    lock = locks.take(LOCAL / "locks" / "demo.lock", wait=WAIT_FOR_PREVIOUS)
    if lock is None:
        raise SystemExit("Another bin/demo of this checkout is running.")
    return Place(LOCAL, durable=True), lock


def test_place() -> tuple[Place, IO[str]]:
    """Throw-away servers; any number of runs side by side, each with the first folder nobody uses."""
    for number in range(1, RUNS):
        if lock := locks.take(LOCAL / "locks" / f"test{number}.lock", wait=0):
            return Place(LOCAL / f"test{number}", durable=False), lock
    raise SystemExit(f"{RUNS} test runs of this checkout at a time are too many.")


def start(*, place: Place, supervisor: Supervisor, lock: IO[str]) -> tuple[dict[str, str], postgres.Server | None]:
    """Start what is not given by DATABASE_URL and REDIS_URL; return the environment for everything else.

    The second value is our PostgreSQL, None when somebody else's is used.
    """
    place.make()
    keep_open = (lock.fileno(),)
    env = {
        **environment(),
        "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": str(VENV),
        "PYTHONUNBUFFERED": "1",
        "LOCAL_DIR": str(place.state),
    }
    server = None
    if "DATABASE_URL" not in env:
        server = postgres.start(place=place, supervisor=supervisor, keep_open=keep_open)
        env = {name: value for name, value in env.items() if not name.startswith("PG")}
        env["DATABASE_URL"] = server.url()
    if "REDIS_URL" not in env:
        env |= valkey.start(place=place, supervisor=supervisor, keep_open=keep_open)
    env.setdefault("CELERY_BROKER_URL", valkey.broker_for(env["REDIS_URL"]))
    return env, server
