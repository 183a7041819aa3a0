"""The heart: a thread that beats for its process, and says at the start what the process is and talks to."""

import logging
from collections.abc import Iterable
from threading import Event, Thread
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from config import heartbeats
from config.heartbeats import Process, beat, fingerprint, leave
from config.strangers import sign_in
from config.version import VERSION

log = logging.getLogger(__name__)


def tell_start(process: Process, *, database_answers: bool) -> None:
    """The line with which a process begins in the log: what runs, and what it really talks to. No user, no password.

    `database_answers`: whether the first beat was taken. A worker says this only once the broker has it as a consumer.
    """
    facts = {
        "version": VERSION,
        "kind": process.kind,
        "heart": process.name,
        "pid": process.pid,
        "queues": ",".join(process.queues),
        "database": database_place(),
        "database_answers": database_answers,
        "broker": broker_place(),
        "fingerprint": fingerprint(),
    }
    log.info("process_started", extra=facts)


def database_place() -> str:
    """host:port/name of the database."""
    where = connection.settings_dict
    return f"{where['HOST'] or 'localhost'}:{where['PORT'] or 5432}/{where['NAME']}"


def broker_place() -> str:
    """The broker's address, without user and password."""
    parts = urlsplit(settings.CELERY_BROKER_URL)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


class Heart(Thread):
    """A thread that beats for its process until `stop`."""

    def __init__(self, *, name: str, kind: str, queues: Iterable[str] = ()) -> None:
        super().__init__(name="heart", daemon=True)
        self.process = Process(name=name, kind=kind, queues=tuple(sorted(queues)))
        self._stopped = Event()

    def run(self) -> None:
        """Beat every `heartbeats.EVERY` seconds; a database that is away is tried again at the next beat.

        The connection is closed between: what the process forks must not share it, and ten seconds are long.
        """
        told = False
        while not self._stopped.is_set():
            beats = beat(self.process)
            sign_in(self.process.name)
            if not told:
                tell_start(self.process, database_answers=beats)
                told = True
            connection.close()
            self._stopped.wait(heartbeats.EVERY)
        leave(self.process)
        connection.close()

    def stop(self) -> None:
        """End the thread and take the row away; waits five seconds at most."""
        self._stopped.set()
        self.join(timeout=5)
