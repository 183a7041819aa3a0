"""The drill's processes and servers: started as the Procfile says, killed by the faults, started again at once."""

import contextlib
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from launcher import ports, postgres, procfile, valkey
from launcher.place import ROOT, Place
from launcher.supervise import Child, Spec
from messaging.drill import place

SENDERS = ("send1", "send2")
PROCESSES = ("simulator", "web", *SENDERS, "work", "beat")
# The order in which things stop is the reverse: the servers go last.
SERVERS, PROVIDER, WORKERS = 0, 1, 2
RESTART_AFTER = 0.3  # seconds
STOP_PATIENCE = 12.0  # seconds that a process has to finish its call before it is killed


class NotReady(Exception):
    """A server or process of the drill did not start; the message has the end of its log."""


class House:
    """Everything that runs. Leaving the `with` block stops it."""

    def __init__(self, env: Mapping[str, str], *, lines: Mapping[str, str] | None = None) -> None:
        """`lines`: command lines by process name; those of the Procfile by default."""
        self.env = dict(env)
        self.place = Place(place.here(), durable=True)
        self.home = place.home(self.place)
        self.children: dict[str, Child] = {}
        self.resting: dict[str, float] = {}  # name -> when it starts again (monotonic)
        self.away: set[str] = set()  # must not be started again for now
        self.kills: Counter[str] = Counter()
        self.hard_stops: Counter[str] = Counter()  # that a SIGTERM did not end with 0
        self.dead_senders: list[int] = []
        self._mines: dict[str, str] = {}
        self._stopping: dict[str, float] = {}
        self._starts: Counter[str] = Counter()
        self._lines = lines or procfile.parse((ROOT / "Procfile").read_text())

    def __enter__(self) -> "House":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for child in sorted(self.children.values(), key=lambda child: -child.spec.tier):
            self.signal(child.spec.name, signal.SIGCONT)
            child.kill_group()

    # Servers ---------------------------------------------------------------------------------------------------------

    def start_servers(self) -> None:
        """Make and start PostgreSQL (fsync on) and Valkey, and create the database. Raises NotReady."""
        postgres.ensure_cluster(self.home.folder / "data", home=self.home, place=self.place)
        self.start_postgres()
        postgres.Server(self.home.binaries, self.home.sockets).create_database(place.DATABASE)
        self.start_redis()

    def start_postgres(self) -> None:
        """Start PostgreSQL and wait until it takes connections, after a crash until it has recovered."""
        data = self.home.folder / "data"
        spec = postgres.server_spec(data, home=self.home, place=self.place, keep_open=())
        child = self.children["postgres"] = Child(spec)
        _wait(lambda: postgres.is_ready(data, child=child), child=child)

    def crash_postgres(self) -> None:
        """`pg_ctl stop -m immediate`: no checkpoint, sessions cut; WAL recovery at the next start."""
        self.signal("postgres", signal.SIGQUIT)
        self.children.pop("postgres").process.wait(30)

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

    def kill_redis(self) -> None:
        """Nothing of what it knew is left."""
        self.children.pop("redis").kill_group()

    def manage(self, *arguments: str) -> None:
        """Run a command of manage.py to its end. Raises NotReady."""
        command = ["python", "manage.py", *arguments]
        done = subprocess.run(command, env=self.env, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise NotReady(f"manage.py {arguments[0]}: {done.stderr[-2000:]}")

    # Processes -------------------------------------------------------------------------------------------------------

    def start_processes(self) -> None:
        """Start every process, and wait until those that listen can be reached."""
        for name in PROCESSES:
            self.start(name)
        for name, variable in (("simulator", "SIMULATOR_PORT"), ("web", "PORT")):
            _wait(lambda number=int(self.env[variable]): ports.is_open(number), child=self.children[name])  # type: ignore[misc]

    def start(self, name: str, *, alias: str = "", mine: str = "") -> None:
        """Start a process of the Procfile; `alias`: one more of the kind, under another name; `mine`: a failpoint."""
        known = alias or name
        mine = mine or self._mines.get(known, "")
        env = {**self.env, "FAILPOINT": mine} if mine else self.env
        self._starts[known] += 1
        tier = PROVIDER if name == "simulator" else WORKERS
        command = [word.replace(f"{name}@", f"{known}@") for word in procfile.command(self._lines[name], env=env)]
        self.children[known] = _child(Spec(known, command, env, tier=tier, log=self.logs_of(known)[-1]))

    def start_beside(self, name: str, *, mine: str) -> str:
        """Start one more of a kind that dies at a failpoint; the name under which it is known."""
        kind = name.rstrip("0123456789")
        alias = f"{kind}-{sum(known.startswith(f'{kind}-') for known in self._starts) + 1}"
        self.start(name, alias=alias, mine=mine)
        return alias

    def start_command(self, name: str, command: list[str], *, mine: str = "") -> None:
        """Start a command that ends by itself, unless it is mined."""
        env = {**self.env, "FAILPOINT": mine}
        self._starts[name] += 1
        self.children[name] = _child(Spec(name, command, env, tier=WORKERS, log=self.logs_of(name)[-1]))

    def look_after(self) -> None:
        """Notice who died, and start again who must run."""
        now = time.monotonic()
        for name, since in list(self._stopping.items()):
            if now - since > STOP_PATIENCE:
                self.kill(name)
        for name, child in list(self.children.items()):
            if child.exit_code is not None:
                self._buried(name, child, now)
        for name in [name for name, at in self.resting.items() if at <= now and name not in self.away]:
            del self.resting[name]
            self.start(name)

    def _buried(self, name: str, child: Child, now: float) -> None:
        """A process is gone: its children go with it, as in a container."""
        child.kill_group()
        del self.children[name]
        asked = self._stopping.pop(name, None) is not None
        if child.spec.log and b"failpoint " in child.spec.log.read_bytes():
            self._mines.pop(name, None)
        if asked and child.exit_code:
            self.hard_stops[name] += 1
        if not asked or child.exit_code:
            self.kills[name.rstrip("-0123456789")] += bool(child.exit_code)
            if name.startswith("send"):
                self.dead_senders.append(child.process.pid)
        if name in PROCESSES:
            self.resting[name] = now + RESTART_AFTER

    def stop_processes(self) -> None:
        """SIGTERM to everybody but the servers, and wait: nothing changes any more while the books are compared."""
        names = [name for name, child in self.children.items() if child.spec.tier != SERVERS]
        self.away.update(PROCESSES)
        for name in names:
            self.stop_softly(name)
        while any(name in self.children for name in names):
            self.look_after()
            time.sleep(0.05)

    def kill(self, name: str) -> bool:
        """kill -9 of the main process. False when it is not there."""
        self._stopping.pop(name, None)
        return self.signal(name, signal.SIGKILL)

    def kill_child(self, name: str, *, which: int) -> bool:
        """kill -9 of one of a process's own children (pool, gunicorn worker)."""
        pids = self.children_of(name)
        return bool(pids) and send_signal(pids[which % len(pids)], signal.SIGKILL)

    def stop_softly(self, name: str) -> None:
        """SIGTERM: it finishes what it has in hand; `look_after` starts it again."""
        if self.signal(name, signal.SIGTERM):
            self._stopping[name] = time.monotonic()

    def mine(self, name: str, failpoint: str) -> None:
        """Replace a process by one that dies (or stops) at a failpoint, also if it is killed before it gets there."""
        self._mines[name] = failpoint
        self.kill(name)

    def disarm(self, name: str) -> None:
        """Replace a process that is still mined by a healthy one."""
        self._mines.pop(name, None)
        child = self.children.get(name)
        if child is not None and child.spec.env.get("FAILPOINT"):
            self.stop_softly(name)

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
    """Start it so that a kill -9 of the drill ends it, too, even while it is frozen."""
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
