"""Who gets which signal, and what dies with whom."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1
LINUX = sys.platform.startswith("linux")
LIBC = ctypes.CDLL(None, use_errno=True)

Handler = Callable[[int, FrameType | None], None]


def die_with(parent: int, *, by: signal.Signals) -> None:
    """Ask the kernel to send this process a signal when `parent` dies, however it dies. Linux only, elsewhere nothing.

    The signal follows the thread that forked, so children are started from the main thread.
    """
    if not LINUX:
        return
    LIBC.prctl(PR_SET_PDEATHSIG, int(by), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # it died before the line above


def before_exec(*, by: signal.Signals, own_session: bool = True) -> Callable[[], None]:
    """Make the function a child runs before its command: a session of its own, so that Ctrl-C reaches only us."""
    parent = os.getpid()

    def prepare() -> None:
        if own_session:
            os.setsid()
        die_with(parent, by=by)

    return prepare


def _handle(handler: Handler) -> None:
    """Install a handler also where Ctrl-C is ignored (background jobs of scripts), but leave nohup its way."""
    for number in STOPPING:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


def step_behind_front() -> None:
    """Go on in a child process; the process the person started only passes signals on and waits.

    A kill -9 of that front so becomes an orderly stop: the child gets a TERM, lets the workers finish their call
    and closes the database last. Were the supervisor itself killed, its children would all end at once.
    """
    front = os.getpid()
    supervisor = os.fork()
    if supervisor == 0:
        os.setsid()
        die_with(front, by=signal.SIGTERM)
        return
    _handle(lambda number, frame: os.kill(supervisor, number))
    _, status = os.waitpid(supervisor, 0)
    os._exit(exit_code(os.waitstatus_to_exitcode(status)))


def exit_code(returncode: int) -> int:
    """Translate "killed by signal n" (-n) into what shells say (128 + n)."""
    return 128 - returncode if returncode < 0 else returncode


class Interruptions:
    """The first signal ends what is being done; during the stop, another one means: hurry."""

    def __init__(self) -> None:
        self.stopping = False
        self.hurry = False

    def install(self) -> None:
        _handle(self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.stopping:
            self.hurry = True
            return
        self.stopping = True
        raise SystemExit(128 + number)
