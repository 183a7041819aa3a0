"""What the launcher says. It speaks on standard error: standard output belongs to the command it runs."""

import contextlib
import sys
import time

STARTED = time.monotonic()


def say(message: str) -> None:
    """Print one line with the seconds since the start. A closed terminal is no reason to die half-way through."""
    with contextlib.suppress(OSError):
        print(f"[{time.monotonic() - STARTED:6.1f}s] {message}", file=sys.stderr, flush=True)
