"""Locks that end with the processes that hold them, so nothing has to be cleaned up after a crash."""

import fcntl
import socket
import sys
import time
from pathlib import Path
from typing import IO

from launcher.console import say


def take(path: Path, *, wait: float) -> IO[str] | None:
    """Lock a file, waiting up to `wait` seconds; None when somebody else still holds it.

    Servers inherit the descriptor and hold the lock until they are gone themselves. So a start right after a
    kill -9 waits for the old PostgreSQL instead of meeting it in the same data folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("w")
    give_up = time.monotonic() + wait
    told = False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up:
                file.close()
                return None
            if not told:
                say("waiting for the previous run to end")
                told = True
            time.sleep(0.1)
        else:
            return file


def claim_port(port: int) -> socket.socket | None:
    """Claim a port number among launchers; None when another one has it.

    Two checkouts started at the same moment both see 8000 free. An abstract Unix socket is a lock that knows no
    file, no owner and no leftovers; only Linux has it, elsewhere the claim always succeeds.
    """
    claim = socket.socket(socket.AF_UNIX)
    if not sys.platform.startswith("linux"):
        return claim
    try:
        claim.bind(f"\0heliograph-port-{port}")
    except OSError:
        claim.close()
        return None
    return claim
