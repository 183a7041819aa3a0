"""Starts processes, watches them and stops them in order. Nothing it starts outlives it."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple, Self

from launcher.console import say
from launcher.place import ROOT
from launcher.signals import Interruptions, before_exec, exit_code

LARGEST_LOG = 10_000_000
TAIL = 2000
POLL = 0.05
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
HEALTHY_AFTER = 30.0


class Spec(NamedTuple):
    """How to start a process and how to stop it.

    log: None lets it write to our own output. tier: higher tiers stop first, processes of one tier together.
    restart: start it again when it dies; otherwise its death ends everything. grace: seconds between the stop
    signal and the kill. orphan_signal: what it gets when we are killed ourselves; nobody could come back with a
    kill then, and Beat, for one, waits without end for a broker that is gone. keep_open: descriptors it inherits.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    tier: int
    log: Path | None = None
    cwd: Path = ROOT
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    orphan_signal: signal.Signals = signal.SIGKILL
    restart: bool = False
    keep_open: tuple[int, ...] = ()


class Child:
    """One running process and the process group it leads."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.started = time.monotonic()
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(open_log(spec.log)) if spec.log else None
            self.process = subprocess.Popen(
                spec.command,
                env=spec.env,
                cwd=spec.cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                pass_fds=spec.keep_open,
                preexec_fn=before_exec(by=spec.orphan_signal),
            )

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        code = self.process.poll()
        return None if code is None else exit_code(code)

    def ask_to_stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self.spec.stop_signal)

    def kill_group(self) -> None:
        """End at once what is left of it and of its own children."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def last_words(self) -> str:
        """The end of its log, to be shown with bad news."""
        if self.spec.log is None:
            return ""
        return f"\n{self.spec.log}:\n" + self.spec.log.read_text(errors="replace")[-TAIL:]


def open_log(path: Path) -> IO[bytes]:
    """Open a log to append to; a large one from earlier runs is put aside first."""
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_suffix(".old.log"))
    return path.open("ab", buffering=0)


class Supervisor:
    """Everything that runs. Leaving the `with` block stops it, the highest tier first."""

    def __init__(self, interruptions: Interruptions) -> None:
        self.interruptions = interruptions
        self.children: list[Child] = []
        self._pauses: dict[str, float] = {}
        self._due: list[tuple[float, Spec]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.interruptions.stopping = True
        for tier in sorted({child.spec.tier for child in self.children}, reverse=True):
            self._stop([child for child in self.children if child.spec.tier == tier])

    def start(self, spec: Spec) -> Child:
        child = Child(spec)
        self.children.append(child)
        return child

    def _stop(self, children: list[Child]) -> None:
        for child in children:
            child.ask_to_stop()
        asked = time.monotonic()
        for child in children:
            while child.exit_code is None and not self._too_late(child.spec, asked=asked):
                time.sleep(POLL)
            if child.exit_code is None:
                say(f"{child.spec.name} did not stop by itself and is killed")
            child.kill_group()
            self.children.remove(child)

    def _too_late(self, spec: Spec, *, asked: float) -> bool:
        # A hurried person does not wait for workers; the servers (tier 0) still close their files properly.
        return time.monotonic() - asked > spec.grace or (self.interruptions.hurry and spec.tier > 0)

    def wait_until(self, ready: Callable[[], bool], *, child: Child, seconds: float = 30.0) -> None:
        """Wait until `ready()`; exit with the child's last words when it dies or needs too long."""
        give_up = time.monotonic() + seconds
        while not ready():
            if (code := child.exit_code) is not None:
                raise SystemExit(f"{child.spec.name} ended with {code}{child.last_words()}")
            if time.monotonic() > give_up:
                raise SystemExit(f"{child.spec.name} was not ready in {seconds:.0f} s{child.last_words()}")
            time.sleep(POLL)

    def look_after(self, *, job: Child | None = None) -> None:
        """Start again what died and may be restarted, each time after a longer pause; exit when a server died.

        job: somebody else waits for this one.
        """
        for child in [child for child in self.children if child is not job and child.exit_code is not None]:
            child.kill_group()
            self.children.remove(child)
            if not child.spec.restart:
                raise SystemExit(f"{child.spec.name} ended with {child.exit_code}{child.last_words()}")
            pause = self._pause_after(child)
            say(f"{child.spec.name} ended with {child.exit_code}; starting it again in {pause:g} s ({child.spec.log})")
            self._due.append((time.monotonic() + pause, child.spec))
        for due in [due for due in self._due if due[0] <= time.monotonic()]:
            self._due.remove(due)
            self.start(due[1])

    def _pause_after(self, child: Child) -> float:
        """Seconds to wait before the next start; doubled each time unless the process had been well for a while."""
        name = child.spec.name
        well = time.monotonic() - child.started > HEALTHY_AFTER
        pause = FIRST_PAUSE if well else self._pauses.get(name, FIRST_PAUSE / 2) * 2
        self._pauses[name] = min(pause, LONGEST_PAUSE)
        return self._pauses[name]

    def run(self, spec: Spec) -> int:
        """Run a command to its end while looking after the rest; return its exit code."""
        job = self.start(spec)
        while (code := job.exit_code) is None:
            self.look_after(job=job)
            time.sleep(POLL)
        job.kill_group()
        self.children.remove(job)
        return code
