"""Whatever happens to the launcher, its processes go with it. Each test kills a launcher it started."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.place import ROOT
from tests.launcher.processes import eventually, is_running, written_pid

# What bin/demo does, with sleepers for servers: a front, a supervisor, two children.
LAUNCHER = """
import os, signal, sys, time
sys.path.insert(0, sys.argv[1])
# Not what whoever runs the tests has inherited: under nohup a HUP is ignored.
signal.signal(signal.SIGHUP, signal.SIG_IGN if "nohup" in sys.argv else signal.SIG_DFL)
from pathlib import Path
from launcher.signals import Interruptions, step_behind_front
from launcher.supervise import Spec, Supervisor
folder = Path(sys.argv[2])
step_behind_front()
interruptions = Interruptions()
interruptions.install()
write = "import os, signal, sys, time; signal.signal(signal.SIGINT, signal.default_int_handler); "
write += "open(sys.argv[1] + '.new', 'w').write(f'{os.getpid()}\\\\n'); os.rename(sys.argv[1] + '.new', sys.argv[1]); "
write += "time.sleep(60)"
if "deaf" in sys.argv:
    write = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + write
with Supervisor(interruptions) as supervisor:
    for tier, name in enumerate(["server", "worker"]):
        supervisor.start(Spec(name, [sys.executable, "-c", write, str(folder / name)], os.environ, tier, grace=1))
    while not (folder / "worker").exists():
        time.sleep(0.01)
    (folder / "supervisor").write_text(f"{os.getpid()}\\n")
    time.sleep(60)
"""


class Launcher:
    """A running launcher and the numbers of its processes."""

    def __init__(self, folder: Path, *how: str) -> None:
        command = [sys.executable, "-c", LAUNCHER, str(ROOT / "bin"), str(folder), *how]
        self.front = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        self.supervisor, self.server, self.worker = (
            written_pid(folder / name) for name in ("supervisor", "server", "worker")
        )

    def all_gone(self) -> bool:
        return not any(map(is_running, (self.supervisor, self.server, self.worker)))


@pytest.fixture
def launcher(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Launcher]:
    started = Launcher(tmp_path, *getattr(request, "param", ()))
    yield started
    started.front.kill()
    started.front.wait()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_stops_everything_and_shows_in_the_exit_code(
    launcher: Launcher, number: signal.Signals, code: int
) -> None:
    launcher.front.send_signal(number)

    assert launcher.front.wait(20) == code
    assert launcher.all_gone()


@pytest.mark.parametrize("launcher", [("nohup",)], indirect=True)
def test_under_nohup_a_hang_up_stops_nothing(launcher: Launcher) -> None:
    launcher.front.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        launcher.front.wait(1)

    assert all(map(is_running, (launcher.supervisor, launcher.server, launcher.worker)))


def test_a_kill_of_the_front_stops_everything(launcher: Launcher) -> None:
    launcher.front.kill()

    assert eventually(launcher.all_gone)


def test_a_kill_of_the_supervisor_stops_everything(launcher: Launcher) -> None:
    os.kill(launcher.supervisor, signal.SIGKILL)

    assert launcher.front.wait(20) == 137
    assert eventually(launcher.all_gone)


@pytest.mark.parametrize("launcher", [[], ["deaf"]], indirect=True, ids=["polite", "deaf"])
def test_a_kill_of_both_at_once_stops_everything(launcher: Launcher) -> None:
    os.kill(launcher.supervisor, signal.SIGKILL)
    launcher.front.kill()

    assert eventually(launcher.all_gone)


def test_many_impatient_signals_still_stop_everything(launcher: Launcher) -> None:
    for _ in range(5):
        launcher.front.send_signal(signal.SIGINT)

    assert launcher.front.wait(20) == 130
    assert launcher.all_gone()
