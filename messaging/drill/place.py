"""The drill's surroundings: short timers, and crash points that work. Plain Python, read before the settings."""

import os

from messaging.proving.place import DATABASE, FOLDER, here, redis_socket, surroundings

__all__ = ["DATABASE", "FOLDER", "TIMERS", "environment", "here", "redis_socket"]

# Everything that waits in production waits here, too, only shorter. Beat keeps its table (config/beat.py).
TIMERS = {
    "SEND_LEASE_SECONDS": "5",
    "SEND_CALL_SECONDS": "3",
    "SEND_CALL_STALE_SECONDS": "8",
    "SEND_BACKOFF_SECONDS": "1",
    "SEND_SLICE_SECONDS": "10",
    "POLL_AFTER_SECONDS": "5",
}


def environment() -> dict[str, str]:
    """Make the drill's folder and its variables; DEBUG is on: without it nothing dies at a crash point."""
    timers = {name: os.environ.get(name, value) for name, value in TIMERS.items()}
    return surroundings("drill", {"DEBUG": "1", "LOG_LEVEL": "ERROR", **timers})
