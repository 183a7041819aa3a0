"""What readiness looks at, each part with its reason. A part that cannot be asked is not ready; nothing here raises."""

import logging
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from typing import NamedTuple

from celery import current_app
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from kombu.exceptions import KombuError

from config import limits
from config.heartbeats import STALE, Alive, beating_since, processes, served
from config.queues import Queue
from config.strangers import strangers
from messaging.health.sweeps import sweeps
from messaging.sending import spool

log = logging.getLogger(__name__)
PROBE = "SELECT 1"
BROKER_SECONDS = 1
# Asked in a thread, because the look-up of a host name has no time-out; while both hang the broker is unreachable.
_asking = ThreadPoolExecutor(max_workers=2, thread_name_prefix="broker")


class Check(NamedTuple):
    """A part and whether it works; `reason` says what is wrong, without secrets, since anybody may read it."""

    name: str
    ok: bool
    reason: str


def readiness() -> list[Check]:
    """Every part. Without the database the parts that are written there are not known, and say so."""
    checks = [database()]
    if checks[0].ok:
        seen = processes()
        checks += [migrations(), *workers(seen), beat(seen), installation(seen), sweeps_on_time(seen)]
    return [*checks, broker(), spool_disk()]


def database() -> Check:
    """Whether a statement is answered, and waits have an end behind a pooler, too."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(PROBE)
    except Error as error:
        log.warning("database_unreachable", exc_info=True)
        return Check("database", False, f"The database does not answer ({type(error).__name__}).")
    endless = ", ".join(limits.missing())
    return _check("database", not endless, f"Without an end: {endless}. Run manage.py database_limits.")


def migrations() -> Check:
    """Whether the tables are those of this code."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    missing = ", ".join(f"{step.app_label}.{step.name}" for step, _ in plan[:3])
    return _check("migrations", not plan, f"{len(plan)} not applied: {missing}.")


def broker() -> Check:
    """Whether the broker takes a connection within BROKER_SECONDS."""
    try:
        _asking.submit(_connect).result(timeout=BROKER_SECONDS)
    except TooLate:
        return Check("broker", False, f"The broker does not answer within {BROKER_SECONDS} s.")
    except (KombuError, OSError) as error:
        return Check("broker", False, f"The broker cannot be reached ({type(error).__name__}).")
    return Check("broker", True, "")


def _connect() -> None:
    bounds = {**settings.CELERY_BROKER_TRANSPORT_OPTIONS, "socket_connect_timeout": 1, "socket_timeout": 1}
    with current_app.connection_for_write(transport_options=bounds, connect_timeout=1) as connected:
        connected.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)


def spool_disk() -> Check:
    """Whether this machine can keep outcomes on disk while the database is away, with SPOOL_FREE_MEGABYTES to spare."""
    try:
        folder = spool.folder()
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free // 1_000_000
    except OSError as error:
        return Check("spool", False, f"The folder of spooled outcomes cannot be written to ({type(error).__name__}).")
    least = settings.SPOOL_FREE_MEGABYTES
    return _check("spool", free >= least, f"{free} MB are free for spooled outcomes; {least} are wanted.")


def workers(seen: list[Alive]) -> list[Check]:
    """One check per queue: whether a worker that lives consumes it."""
    consumed = served(seen)
    return [
        _check(f"workers.{queue.value}", queue.value in consumed, f"No worker of this queue beat within {STALE} s.")
        for queue in Queue
    ]


def beat(seen: list[Alive]) -> Check:
    """Whether a Beat lives."""
    return _check("beat", beating_since(seen) is not None, f"No Beat within {STALE} s.")


def installation(seen: list[Alive]) -> Check:
    """Whether every process that lives talks to this process's broker and database."""
    strange = strangers(seen)
    return _check("installation", not strange, f"Another broker or database than here: {', '.join(strange)}.")


def sweeps_on_time(seen: list[Alive]) -> Check:
    """Whether each sweep ran when it should have, and without an error."""
    found = sweeps(since=beating_since(seen))
    wrong = [f"{sweep.name} late" for sweep in found if sweep.late]
    wrong += [f"{sweep.name} failed ({sweep.error})" for sweep in found if sweep.error]
    return _check("sweeps", not wrong, f"{'; '.join(wrong)}.")


def _check(name: str, ok: bool, reason: str) -> Check:
    return Check(name, ok, "" if ok else reason)
