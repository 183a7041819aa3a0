"""Processes are stopped in order, started again when they die, and never left behind."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from launcher import supervise
from launcher.signals import Interruptions
from launcher.supervise import Spec, Supervisor
from tests.launcher.processes import eventually, is_running, written_pid

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
# Starts a child of its own, writes that child's number down, and stays.
PARENT = "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
PARENT += "open(sys.argv[1], 'w').write(f'{p.pid}\\n'); time.sleep(60)"
STUBBORN = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
STUBBORN += "open(sys.argv[1], 'w').write('0\\n'); time.sleep(60)"


def spec(name: str, command: list[str], *, tier: int = 1, grace: float = 10.0, log: Path | None = None) -> Spec:
    """A process; with a log and above tier 0 it is one of the Procfile's, which are started again."""
    return Spec(name, command, dict(os.environ), tier, log, grace=grace, restart=tier > 0 and log is not None)


def noting(file: Path, *, word: str) -> list[str]:
    """A program that adds a word to a file when it is told to stop, and says when it listens."""
    code = (
        "import pathlib, signal, sys, time\n"
        "file, word = pathlib.Path(sys.argv[1]), sys.argv[2]\n"
        "def stop(*_):\n"
        "    time.sleep(0.2)\n"
        "    open(file, 'a').write(word)\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        "file.with_name(word).touch()\n"
        "time.sleep(60)\n"
    )
    return [sys.executable, "-c", code, str(file), word]


def test_leaving_stops_the_highest_tier_first(tmp_path: Path) -> None:
    file = tmp_path / "order"
    with Supervisor(Interruptions()) as running:
        running.start(spec("server", noting(file, word="server "), tier=0))
        running.start(spec("worker", noting(file, word="worker "), tier=2))
        running.start(spec("provider", noting(file, word="provider "), tier=1))
        assert eventually(lambda: len(list(tmp_path.iterdir())) == 3)

    assert file.read_text() == "worker provider server "


def test_the_children_of_a_child_go_with_it(tmp_path: Path) -> None:
    with Supervisor(Interruptions()) as running:
        child = running.start(spec("parent", [sys.executable, "-c", PARENT, str(tmp_path / "pid")]))
        grandchild = written_pid(tmp_path / "pid")
        assert is_running(grandchild)

    assert not is_running(child.process.pid)
    assert eventually(lambda: not is_running(grandchild))


def test_who_does_not_stop_by_himself_is_killed_after_his_grace(tmp_path: Path) -> None:
    with Supervisor(Interruptions()) as running:
        command = [sys.executable, "-c", STUBBORN, str(tmp_path / "ready")]
        child = running.start(spec("stubborn", command, grace=0.3))
        written_pid(tmp_path / "ready")

    assert child.exit_code == 128 + signal.SIGKILL


def test_a_second_interruption_does_not_wait_for_workers(tmp_path: Path) -> None:
    interruptions = Interruptions()
    interruptions.hurry = True
    started = time.monotonic()
    with Supervisor(interruptions) as running:
        running.start(spec("stubborn", [sys.executable, "-c", STUBBORN, str(tmp_path / "ready")], grace=60))
        written_pid(tmp_path / "ready")

    assert time.monotonic() - started < 30


def test_a_process_that_dies_is_started_again_after_growing_pauses(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "FIRST_PAUSE", 0.05)
    count = f"open({str(tmp_path / 'starts')!r}, 'a').write('x')"
    supervisor.start(spec("web", [sys.executable, "-c", count], log=tmp_path / "log"))

    def started_three_times() -> bool:
        supervisor.look_after()
        return len((tmp_path / "starts").read_text()) >= 3 if (tmp_path / "starts").exists() else False

    assert eventually(started_three_times)
    assert supervisor._pauses["web"] >= 0.1


def test_the_death_of_a_server_ends_everything_and_shows_its_last_words(supervisor: Supervisor, tmp_path: Path) -> None:
    died = supervisor.start(spec("postgres", [sys.executable, "-c", "exit('no space')"], tier=0, log=tmp_path / "log"))
    assert eventually(lambda: died.exit_code is not None)

    with pytest.raises(SystemExit, match=r"postgres ended with 1\n.*log:\nno space"):
        supervisor.look_after()


def test_waiting_for_a_process_that_dies_ends_at_once(supervisor: Supervisor, tmp_path: Path) -> None:
    child = supervisor.start(spec("web", [sys.executable, "-c", "exit('port taken')"], log=tmp_path / "log"))

    with pytest.raises(SystemExit, match="port taken"):
        supervisor.wait_until(lambda: False, child=child)


def test_waiting_has_an_end(supervisor: Supervisor) -> None:
    child = supervisor.start(spec("web", SLEEP))

    with pytest.raises(SystemExit, match="web was not ready in 0 s"):
        supervisor.wait_until(lambda: False, child=child, seconds=0.1)


@pytest.mark.parametrize(
    ("code", "result"), [("exit(0)", 0), ("exit(3)", 3), ("import os; os.kill(os.getpid(), 9)", 137)]
)
def test_a_job_is_run_to_its_end_and_its_exit_code_returned(supervisor: Supervisor, code: str, result: int) -> None:
    assert supervisor.run(spec("job", [sys.executable, "-c", code])) == result
    assert supervisor.children == []


def test_a_server_that_dies_ends_the_job_too(supervisor: Supervisor) -> None:
    supervisor.start(spec("postgres", [sys.executable, "-c", ""], tier=0))

    with pytest.raises(SystemExit, match="postgres ended with 0"):
        supervisor.run(spec("job", SLEEP))


def test_a_large_log_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "LARGEST_LOG", 3)
    (tmp_path / "web.log").write_text("four")

    supervise.open_log(tmp_path / "web.log").close()

    assert (tmp_path / "web.old.log").read_text() == "four"
    assert (tmp_path / "web.log").read_text() == ""
