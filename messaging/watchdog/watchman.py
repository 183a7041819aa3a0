"""A second pair of eyes, and a second voice: the watchdog inside the stream process, for when no worker lives."""

import logging
from collections.abc import Callable
from threading import Event, Thread

from django.db import Error, connection

from messaging.watchdog.alerts import watch
from messaging.watchdog.tell import tell

log = logging.getLogger(__name__)
# A worker that was killed is missed after 30 s; looked for and told within 20 more it is an alert within a minute.
EVERY = 15.0  # seconds
TELL_EVERY = 5.0


class Watchman(Thread):
    """A thread that does its round until `stop`: by default it looks.

    The sweep needs Beat, Redis and a worker, and what it looks for is their absence: this needs the database alone.
    """

    def __init__(
        self, act: Callable[[], object] = watch, *, name: str = "watchman", every: float | None = None
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._act = act
        self._every = EVERY if every is None else every
        self._stopped = Event()

    def run(self) -> None:
        """Do it now and then; a database that is away is tried again. The connection is closed between."""
        while not self._stopped.wait(self._every):
            try:
                self._act()
            except Error:
                log.warning("watchdog_failed", extra={"who": self.name}, exc_info=True)
            finally:
                connection.close()

    def stop(self) -> None:
        """End the thread; waits five seconds at most."""
        self._stopped.set()
        self.join(timeout=5)


def herald() -> Watchman:
    """A thread that tells alerts: beside the one that looks, since a mail server may keep it waiting."""
    return Watchman(tell, name="herald", every=TELL_EVERY)
