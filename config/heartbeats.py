"""Signs of life: each process writes its own row every ten seconds, so that an absence can be seen by all others."""

import hashlib
import logging
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.db import Error, connection
from django.db.models.functions import Now
from django.utils import timezone

from config.models import Heartbeat
from config.sql import fetch

log = logging.getLogger(__name__)
EVERY = 10  # seconds
STALE = 30  # seconds: three beats were missed
FORGOTTEN = timedelta(hours=1)  # rows of processes that were killed, so that the table stays small
UNSECRET = {"db", "virtual_host"}  # of a broker's query string


@dataclass(frozen=True)
class Process:
    """A process that beats. `kind`: worker, beat, stream or web; `queues`: what a worker consumes."""

    name: str
    kind: str
    queues: tuple[str, ...] = ()
    pid: int = field(default_factory=os.getpid)
    host: str = field(default_factory=socket.gethostname)
    started_at: datetime = field(default_factory=timezone.now)


class Alive(NamedTuple):
    """A process by its row. `age`: seconds since its last beat by the database's clock."""

    name: str
    kind: str
    queues: tuple[str, ...]
    fingerprint: str
    started_at: datetime
    age: float

    @property
    def alive(self) -> bool:
        """Whether it beat within STALE seconds."""
        return self.age < STALE


def this_process(kind: str) -> Process:
    """This process where there may be several of a kind on a host: `<kind>@<host>.<pid>`."""
    return Process(name=f"{kind}@{socket.gethostname()}.{os.getpid()}", kind=kind)


def fingerprint() -> str:
    """16 hexadecimal digits of where the broker is and what the database is called, without users and passwords.

    Processes of one installation that differ in it do not talk to each other. The database's host does not count:
    over a pooler or another name of the machine it is the same database, and whose row is read here writes to it.
    """
    broker = urlsplit(settings.CELERY_BROKER_URL)
    query = sorted((name, value) for name, value in parse_qsl(broker.query) if name in UNSECRET)
    where = [broker.scheme, broker.hostname, broker.port, broker.path, query]
    where.append(connection.settings_dict["NAME"])
    return hashlib.sha256(repr(where).encode()).hexdigest()[:16]


def beat(process: Process) -> bool:
    """Write the row; False when the database did not take it, which is logged and never raised."""
    row = Heartbeat(
        name=process.name,
        kind=process.kind,
        queues=",".join(process.queues),
        pid=process.pid,
        host=process.host,
        fingerprint=fingerprint(),
        started_at=process.started_at,
        beat_at=Now(),
    )
    columns = ["kind", "queues", "pid", "host", "fingerprint", "started_at", "beat_at"]
    try:
        Heartbeat.objects.bulk_create([row], update_conflicts=True, unique_fields=["name"], update_fields=columns)
    except Error:
        log.warning("heartbeat_lost", extra={"heart": process.name}, exc_info=True)
        return False
    return True


def leave(process: Process) -> None:
    """Take the row away when the process ends by itself, and rows of those that were killed long ago."""
    try:
        Heartbeat.objects.filter(name=process.name, pid=process.pid).delete()
        Heartbeat.objects.filter(beat_at__lt=Now() - FORGOTTEN).delete()
    except Error:
        log.warning("heartbeat_left_behind", extra={"heart": process.name}, exc_info=True)


def processes() -> list[Alive]:
    """Every process that has a row, by name."""
    sql = """
        SELECT name, kind, queues, fingerprint, started_at,
               extract(epoch FROM statement_timestamp() - beat_at)::float
          FROM config_heartbeat
         ORDER BY name
    """
    return [row._replace(queues=_split(str(row.queues))) for row in fetch(sql, {}, Alive)]


def served(seen: Iterable[Alive]) -> set[str]:
    """The queues that a worker which lives consumes."""
    return {queue for process in seen if process.alive for queue in process.queues}


def beating_since(seen: Iterable[Alive]) -> datetime | None:
    """Since when a Beat lives, or None: there is none."""
    return min((process.started_at for process in seen if process.alive and process.kind == "beat"), default=None)


def _split(queues: str) -> tuple[str, ...]:
    return tuple(name for name in queues.split(",") if name)
