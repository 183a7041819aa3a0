"""An import runs chunk by chunk: rows, problems, counters and place in the file are one transaction each.

Killed at any moment, the next run goes on after the last chunk that was committed, and ends as if nothing had happened.
"""

import logging
import math
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from django.conf import settings
from django.db import DataError, IntegrityError, OperationalError, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from audiences.imports import queries
from audiences.imports.columns import headings
from audiences.imports.reading import records
from audiences.imports.receive import discard, folder
from audiences.imports.rows import Refused, Row, Shape, read
from audiences.models import ContactImport, ImportedPhone, ImportProblem
from audiences.states import IMPORT
from config.audit import Actor, record
from config.queues import Task, ring
from config.sql import is_transient

log = logging.getLogger(__name__)
PROBLEMS_MAX = 100_000  # refused rows that are kept for the importer; further ones are only counted
TRIES = 5
UNTOUCHED = timedelta(minutes=2)
COUNTERS = ("rows", "created", "updated", "unchanged", "duplicates", "refused")


class Place(NamedTuple):
    """A place in the file: records that are done, and the byte after them."""

    cursor: int
    offset: int


class Chunk(NamedTuple):
    """What was read: rows to store, rows refused, the place behind them, and whether the file ends there."""

    rows: list[Row]
    refused: list[Refused]
    place: Place
    last: bool


class Raced(Exception):
    """Somebody made one of the chunk's contacts meanwhile: the chunk starts over, nothing was written."""


def run_import(import_id: int, *, tell: Callable[[], None] = lambda: None, seconds: float = math.inf) -> dict[str, int]:
    """Work until the file is done; return what this run did (rows by outcome; nothing when somebody else is at it).

    Repeated, doubled or resumed it ends with the same contacts, problems and counts. `tell` is called after each
    chunk; after `seconds` it rings for the rest. A lost file, and rows that the database refuses, end it as failed.
    """
    done: Counter[str] = Counter()
    ends = time.monotonic() + seconds
    while (counts := _chunk_again(import_id)) is not None:
        done.update(counts)
        tell()
        if time.monotonic() >= ends:
            ring(Task.RUN_IMPORT, import_id)
            break
    else:
        _tidy(import_id)
    return {name: done[name] for name in COUNTERS}


def _chunk_again(import_id: int) -> dict[str, int] | None:
    """A chunk, repeated when the database or a twin asks for it."""
    for attempt in range(TRIES):
        try:
            return _chunk(import_id)
        except FileNotFoundError:
            _fail(import_id, "file_lost")
            return None
        except (DataError, IntegrityError):
            log.exception("import_broken", extra={"import_id": import_id})
            _fail(import_id, "broken")
            return None
        except (OperationalError, Raced) as error:
            if attempt == TRIES - 1 or (isinstance(error, OperationalError) and not is_transient(error)):
                raise
            time.sleep(0.05 * 2**attempt)
    return None


def _chunk(import_id: int) -> dict[str, int] | None:
    """One chunk. None when the import is done, failed, or another worker holds its row."""
    now = timezone.now()
    with transaction.atomic():
        locked = ContactImport.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        job = locked.filter(pk=import_id, status__in=("pending", "running")).select_related("store").first()
        if job is None:
            return None
        IMPORT.move(ContactImport.objects.filter(pk=import_id), "start", started_at=Coalesce("started_at", now))
        chunk = _read(job)
        counts = _store(job, chunk, now=now)
        _keep_problems(job, chunk.refused)
        step = {name: F(name) + number for name, number in counts.items()}
        ContactImport.objects.filter(pk=import_id).update(**chunk.place._asdict(), **step, touched_at=now)
        if chunk.last:
            _finish(job, now=now)
    return counts


def _read(job: ContactImport) -> Chunk:
    """The next IMPORT_CHUNK rows after the job's place in its file."""
    path = folder() / job.file
    heading = next(records(path, delimiter=job.delimiter))
    shape = Shape.of(job, headings(heading.cells))
    rows: list[Row] = []
    refused: list[Refused] = []
    place, seen = Place(job.cursor, job.offset or heading.end), 0
    left = records(path, delimiter=job.delimiter, offset=place.offset, row=place.cursor + 1)
    for entry in islice(left, settings.IMPORT_CHUNK):
        place, seen = Place(entry.row, entry.end), seen + 1
        if entry.cells or entry.fault:
            taken = read(entry, shape)
            if isinstance(taken, Row):
                rows.append(taken)
            else:
                refused.append(taken)
    return Chunk(rows, refused, place, last=seen < settings.IMPORT_CHUNK)


def _store(job: ContactImport, chunk: Chunk, *, now: datetime) -> dict[str, int]:
    """Write the chunk's rows by sets; return the counters' steps. A dry run only remembers the phones it met."""
    queries.stage(chunk.rows)
    duplicates = queries.drop_duplicates(job.pk)
    found = queries.match_contacts(job.store_id)
    created = found.rows - found.known
    if not job.dry_run:
        _write(job, new=created, now=now)
    return {
        "rows": len(chunk.rows) + len(chunk.refused),
        "created": created,
        "updated": found.changed,
        "unchanged": found.known - found.changed,
        "duplicates": duplicates,
        "refused": len(chunk.refused),
    }


def _write(job: ContactImport, *, new: int, now: datetime) -> None:
    source = job.consent_source or f"import:{job.pk}"
    consent_at = job.consent_at or now
    if queries.insert_contacts(store_id=job.store_id, source=source, consent_at=consent_at, now=now) != new:
        raise Raced
    queries.insert_consent_events(
        import_id=job.pk, store_id=job.store_id, actor=job.actor, stated=job.consent_source, now=now
    )
    queries.update_contacts(source=f"import:{job.pk}", now=now)
    if job.list_id is not None:
        queries.insert_members(list_id=job.list_id, now=now)


def _keep_problems(job: ContactImport, refused: list[Refused]) -> None:
    room = max(PROBLEMS_MAX - job.refused, 0)
    ImportProblem.objects.bulk_create(
        (ImportProblem(contact_import=job, **problem._asdict()) for problem in refused[:room]), batch_size=1000
    )


def _finish(job: ContactImport, *, now: datetime) -> None:
    IMPORT.move(ContactImport.objects.filter(pk=job.pk), "finish", finished_at=now)
    record("import.done", actor=Actor(job.actor), subject=f"import:{job.pk}", store_id=job.store_id)


def _fail(import_id: int, error: str) -> None:
    now = timezone.now()
    rows = ContactImport.objects.filter(pk=import_id)
    IMPORT.move(rows, "fail", error=error, finished_at=now, touched_at=now)


def _tidy(import_id: int) -> None:
    """Forget the file and the phones of an import that ended; again is nothing new."""
    ended = ContactImport.objects.filter(pk=import_id, status__in=("done", "failed")).exclude(file="")
    job = ended.first()
    if job is None:
        return
    ImportedPhone.objects.filter(contact_import_id=import_id).delete()
    discard(job.file)
    ended.update(file="")


def resume_imports() -> dict[str, int]:
    """Ring again for imports that nobody touched for two minutes; finish tidying up those that ended in a kill."""
    now = timezone.now()
    stale = Q(touched_at__lt=now - UNTOUCHED) | Q(touched_at=None, created_at__lt=now - UNTOUCHED)
    waiting = ContactImport.objects.filter(stale, status__in=("pending", "running")).order_by("touched_at")
    rung = sum(ring(Task.RUN_IMPORT, import_id) for import_id in waiting.values_list("pk", flat=True)[:100])
    untidy = ContactImport.objects.filter(status__in=("done", "failed"), finished_at__lt=now - UNTOUCHED).exclude(
        file=""
    )
    left = list(untidy.values_list("pk", flat=True)[:100])
    for import_id in left:
        _tidy(import_id)
    return {"rung": rung, "tidied": len(left)}
