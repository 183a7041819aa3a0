"""A lock ends with the last process that holds its descriptor."""

import subprocess
import sys
from pathlib import Path

from launcher import locks


def is_free(path: Path, *, wait: float = 0) -> bool:
    lock = locks.take(path, wait=wait)
    if lock:
        lock.close()
    return lock is not None


def test_only_one_holds_a_lock_and_closing_it_frees_it(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "demo.lock"
    ours = locks.take(path, wait=0)
    assert ours

    with ours:
        assert not is_free(path)

    assert is_free(path)


def test_a_server_that_inherited_the_lock_holds_it_until_it_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "demo.lock"
    ours = locks.take(path, wait=0)
    assert ours
    command = [sys.executable, "-c", "import time; time.sleep(60)"]

    with subprocess.Popen(command, pass_fds=(ours.fileno(),)) as server:
        ours.close()
        free_while_it_runs = is_free(path)
        server.kill()

    assert not free_while_it_runs
    assert is_free(path, wait=5)
