"""The drill's processes and servers: killed by the faults, started again at once."""

import signal
import time
from collections import Counter
from collections.abc import Mapping

from launcher.supervise import Child
from messaging.proving import house
from messaging.proving.house import SERVERS, send_signal

SENDERS = ("send1", "send2")
PROCESSES = ("simulator", "web", *SENDERS, "work", "beat")
RESTART_AFTER = 0.3  # seconds
STOP_PATIENCE = 12.0  # seconds that a process has to finish its call before it is killed


class House(house.House):
    """A house in which things are broken, and which counts what was."""

    def __init__(self, env: Mapping[str, str], *, lines: Mapping[str, str] | None = None) -> None:
        super().__init__(env, lines=lines)
        self.resting: dict[str, float] = {}  # name -> when it starts again (monotonic)
        self.away: set[str] = set()  # must not be started again for now
        self.kills: Counter[str] = Counter()
        self.hard_stops: Counter[str] = Counter()  # that a SIGTERM did not end with 0
        self.dead_senders: list[int] = []
        self._mines: dict[str, str] = {}
        self._stopping: dict[str, float] = {}

    # Servers ---------------------------------------------------------------------------------------------------------

    def crash_postgres(self) -> None:
        """`pg_ctl stop -m immediate`: no checkpoint, sessions cut; WAL recovery at the next start."""
        self.signal("postgres", signal.SIGQUIT)
        self.children.pop("postgres").process.wait(30)

    def kill_redis(self) -> None:
        """Nothing of what it knew is left."""
        self.children.pop("redis").kill_group()

    # Processes -------------------------------------------------------------------------------------------------------

    def start(self, name: str, *, alias: str = "", **more: str) -> None:
        """As in any house; a process that is mined stays so until it was there."""
        if mine := self._mines.get(alias or name):
            more = {"FAILPOINT": mine, **more}
        super().start(name, alias=alias, **more)

    def start_beside(self, name: str, *, mine: str) -> str:
        """Start one more of a kind that dies at a failpoint; the name under which it is known."""
        kind = name.rstrip("0123456789")
        alias = f"{kind}-{sum(known.startswith(f'{kind}-') for known in self._starts) + 1}"
        self.start(name, alias=alias, FAILPOINT=mine)
        return alias

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
