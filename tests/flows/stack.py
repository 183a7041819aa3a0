"""The processes of the Procfile on the tests' database, started and killed as a machine would."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import requests
from django.conf import settings
from django.db import connection

from tests.simulator import ROOT, Simulator

sys.path.insert(0, str(ROOT / "bin"))

from launcher.procfile import command, parse  # only now: the line above made it importable

# Every wait of the product, short enough for a test.
SHORT = {
    "SEND_LEASE_SECONDS": "4",
    "SEND_CALL_SECONDS": "4",
    "SEND_CALL_STALE_SECONDS": "6",
    "SEND_BACKOFF_SECONDS": "1",
    "SMS_BATCH_SIZE": "20",
}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def eventually(holds: Callable[[], bool], *, seconds: float, what: Callable[[], object] | str) -> None:
    """Wait until `holds()`; AssertionError with `what` after `seconds`."""
    ends = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > ends:
            raise AssertionError(f"not within {seconds:.0f} s: {what() if callable(what) else what}")
        time.sleep(0.1)


class Stack:
    """Running processes by their names in the Procfile. Their broker is Redis as in production."""

    def __init__(self, *, logs: Path, simulator: Simulator) -> None:
        self.simulator = simulator
        self.logs = logs
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.lines = parse((ROOT / "Procfile").read_text())

    def environment(self, **extra: str) -> dict[str, str]:
        """What the processes find: the tests' database and keys, short waits."""
        at = connection.settings_dict
        host = str(at["HOST"]).replace("/", "%2F")
        return {
            **os.environ,
            **SHORT,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DEBUG": "1",
            "DATABASE_URL": f"postgres://{at['USER']}:{at['PASSWORD']}@{host}:{at['PORT']}/{at['NAME']}",
            "PUBLIC_URL": self.url,
            "PORT": str(self.port),
            "LOCAL_DIR": str(self.logs),
            "WEB_WORKERS": "1",
            "LOG_LEVEL": "INFO",
            **extra,
        }

    def start(self, *names: str, **extra: str) -> None:
        """Start processes and wait for web, when it is one of them."""
        environment = self.environment(**extra)
        for name in names:
            with (self.logs / f"{name}.log").open("ab") as log:
                self.running[name] = subprocess.Popen(
                    command(self.lines[name], env=environment), cwd=ROOT, env=environment, stdout=log, stderr=log
                )
        if "web" in names:
            eventually(self._web_answers, seconds=120, what="web answers")

    def _web_answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=1).ok
        except requests.RequestException:
            return False

    def kill(self, name: str) -> None:
        """kill -9."""
        process = self.running.pop(name)
        process.kill()
        process.wait(10)

    def terminate(self, name: str) -> int:
        """SIGTERM; the exit code."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(40)

    def stop(self) -> None:
        """End everything, in whatever state it is."""
        for process in self.running.values():
            process.kill()
        for process in self.running.values():
            process.wait(10)
        self.running.clear()

    def plan(self, slug: str, **changes: object) -> None:
        """The simulator's behaviour, with receipts to our web process."""
        receipts = {"url": f"{self.url}/webhooks/providers/{slug}/receipts", "secret": "hush", "delay": [0.1, 0.5]}
        self.simulator.plan(receipts=receipts, **changes)


def flush_redis() -> None:
    """What a Redis without persistence does when it restarts."""
    from config.redis import client

    assert settings.REDIS_URL, "the flow tests need a Redis of their own"
    client().flushdb()
