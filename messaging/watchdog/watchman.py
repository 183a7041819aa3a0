"""A second pair of eyes: the watchdog inside the stream process, for the hours in which no worker lives."""

import logging
from threading import Event, Thread

from django.db import Error, connection

from messaging.watchdog.alerts import watch

log = logging.getLogger(__name__)
EVERY = 20.0  # seconds


class Watchman(Thread):
    """A thread that runs the watchdog until `stop`.

    The sweep needs Beat, Redis and a worker, and what it looks for is their absence: this needs the database alone.
    """

    def __init__(self) -> None:
        super().__init__(name="watchman", daemon=True)
        self._stopped = Event()

    def run(self) -> None:
        """Look now and then; a database that is away is tried again. The connection is closed between."""
        while not self._stopped.wait(EVERY):
            try:
                watch()
            except Error:
                log.warning("watchdog_failed", exc_info=True)
            finally:
                connection.close()

    def stop(self) -> None:
        """End the thread; waits five seconds at most."""
        self._stopped.set()
        self.join(timeout=5)
