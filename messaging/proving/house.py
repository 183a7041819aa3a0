"""The servers and processes of a trial: started as the Procfile says, and ended with it."""

import contextlib
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from launcher import ports, postgres, procfile, valkey
from launcher.place import ROOT, Place
from launcher.supervise import Child, Spec
from messaging.proving import place

# The order in which things stop is the reverse: the servers go last.
SERVERS, PROVIDER, WORKERS = 0, 1, 2
LISTENERS = {"simulator": "SIMULATOR_PORT", "web": "PORT"}


class NotReady(Exception):
    """A server or process of the trial did not start; the message has the end of its log."""


class House:
    """Everything that runs. Leaving the `with` block stops it."""

    def __init__(self, env: Mapping[str, str], *, lines: Mapping[str, str] | None = None) -> None:
        """`lines`: command lines by process name; those of the Procfile by default."""
        self.env = dict(env)
        self.place = Place(place.here(), durable=True)
        self.home = place.home(self.place)
        self.children: dict[str, Child] = {}
        self._starts: Counter[str] = Counter()
        self._lines = lines or procfile.parse((ROOT / "Procfile").read_text())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for child in sorted(self.children.values(), key=lambda child: -child.spec.tier):
            self.signal(child.spec.name, signal.SIGCONT)
            child.kill_group()

    # Servers ---------------------------------------------------------------------------------------------------------

    def start_servers(self, **options: str) -> None:
        """Make and start PostgreSQL (fsync on) and Valkey, and create the database. Raises NotReady.

        `options`: settings of PostgreSQL that the trial wants otherwise than the demo has them.
        """
        postgres.ensure_cluster(self.home.folder / "data", home=self.home, place=self.place)
        self.start_postgres(**options)
        postgres.Server(self.home.binaries, self.home.sockets).create_database(place.DATABASE)
        self.start_redis()

    def start_postgres(self, **options: str) -> None:
        """Start PostgreSQL and wait until it takes connections, after a crash until it has recovered."""
        data = self.home.folder / "data"
        spec = postgres.server_spec(data, home=self.home, place=self.place, keep_open=())
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        child = self.children["postgres"] = Child(spec._replace(command=[*spec.command, *words]))
        _wait(lambda: postgres.is_ready(data, child=child), child=child)

    def start_redis(self) -> None:
        """Start an empty Valkey and wait until it answers."""
        path = place.redis_socket(self.place.state)
        path.unlink(missing_ok=True)
        options = {"port": "0", "unixsocket": str(path), "save": "", "appendonly": "no"}
        options |= {"maxmemory-policy": "noeviction", "dir": str(self.place.state)}
        command = [valkey.binary(), *(word for name, value in options.items() for word in (f"--{name}", value))]
        child = _child(Spec("redis", command, self.env, tier=SERVERS, log=self.place.log("redis")))
        self.children["redis"] = child
        _wait(lambda: valkey.answers(path), child=child)

    def manage(self, *arguments: str) -> None:
        """Run a command of manage.py to its end. Raises NotReady."""
        command = ["python", "manage.py", *arguments]
        done = subprocess.run(command, env=self.env, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise NotReady(f"manage.py {arguments[0]}: {done.stderr[-2000:]}")

    # Processes -------------------------------------------------------------------------------------------------------

    def start_processes(self, *names: str) -> None:
        """Start processes of the Procfile, and wait until those that listen can be reached."""
        for name in names:
            self.start(name)
        for name, variable in LISTENERS.items():
            if name in names:
                _wait(lambda number=int(self.env[variable]): ports.is_open(number), child=self.children[name])  # type: ignore[misc]

    def start(self, name: str, *, alias: str = "", **more: str) -> None:
        """Start a process of the Procfile; `alias`: one more of the kind, under another name; `more`: variables."""
        known = alias or name
        env = {**self.env, **more}
        tier = PROVIDER if name == "simulator" else WORKERS
        command = [word.replace(f"{name}@", f"{known}@") for word in procfile.command(self._lines[name], env=env)]
        self._start(known, command, env, tier=tier)

    def start_command(self, name: str, command: list[str], **more: str) -> None:
        """Start a command that ends by itself; `more`: variables."""
        self._start(name, command, {**self.env, **more}, tier=WORKERS)

    def _start(self, name: str, command: list[str], env: dict[str, str], *, tier: int) -> None:
        self._starts[name] += 1
        self.children[name] = _child(Spec(name, command, env, tier=tier, log=self.logs_of(name)[-1]))

    def signal(self, name: str, number: signal.Signals) -> bool:
        """Send a signal to the main process. False when it is not there."""
        child = self.children.get(name)
        return child is not None and child.exit_code is None and send_signal(child.process.pid, number)

    def children_of(self, name: str) -> list[int]:
        """Process ids of the children of a process."""
        child = self.children.get(name)
        if child is None:
            return []
        with contextlib.suppress(OSError):
            tasks = Path(f"/proc/{child.process.pid}/task/{child.process.pid}/children").read_text()
            return [int(pid) for pid in tasks.split()]
        return []

    def all_logs(self) -> list[Path]:
        """The logs of every start of everything."""
        return [path for name in self._starts for path in self.logs_of(name) if path.exists()]

    def logs_of(self, name: str) -> list[Path]:
        """The logs of all starts of a process, oldest first."""
        return [self.place.logs / f"{name}.{number}.log" for number in range(1, self._starts[name] + 1)]


def _child(spec: Spec) -> Child:
    """Start it so that a kill -9 of the trial ends it, too, even while it is frozen."""
    return Child(spec._replace(stop_signal=signal.SIGKILL))


def send_signal(pid: int, number: signal.Signals) -> bool:
    """False when the process is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
        return True
    return False


def _wait(ready: Callable[[], bool], *, child: Child, seconds: float = 60.0) -> None:
    ends = time.monotonic() + seconds
    while not ready():
        if child.exit_code is not None or time.monotonic() > ends:
            raise NotReady(f"{child.spec.name} did not start: {child.last_words()}")
        time.sleep(0.05)
