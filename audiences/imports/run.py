"""An import runs step by step: first pieces of the file are read into staging, then chunks of that become contacts.

Each step is one transaction with its rows, problems, counters and place. Killed at any moment, the next run goes on
after the last step that was committed, and ends as if nothing had happened.
"""

import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DataError, IntegrityError, OperationalError, transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from audiences.imports import queries, staging
from audiences.imports.columns import headings
from audiences.imports.reading import records, take
from audiences.imports.receive import folder
from audiences.imports.rows import Refused, Row, Shape, read
from audiences.imports.tidy import tidy
from audiences.models import ContactImport, ImportProblem
from audiences.states import IMPORT, IMPORT_OPEN
from config.audit import Actor, record
from config.queues import Task, ring
from config.sql import is_transient

log = logging.getLogger(__name__)
PROBLEMS_MAX = 100_000  # refused rows that are kept for the importer; further ones are only counted
TRIES = 5
COUNTERS = ("rows", "created", "updated", "unchanged", "duplicates", "refused")


class Piece(NamedTuple):
    """What was read of a file: rows to stage, rows refused, the place behind them."""

    rows: list[Row]
    refused: list[Refused]
    cursor: int
    offset: int


class Step(NamedTuple):
    """What a step did: steps of the counters, and the columns that say how far the import is."""

    counts: Mapping[str, int]
    place: Mapping[str, Any]
    last: bool = False


class Raced(Exception):
    """Somebody made one of the chunk's contacts meanwhile: the chunk starts over, nothing was written."""


def run_import(import_id: int, *, tell: Callable[[], None] = lambda: None, seconds: float = math.inf) -> dict[str, int]:
    """Work until the file is done; return what this run did (rows by outcome; nothing when somebody else is at it).

    Repeated, doubled or resumed it ends with the same contacts, problems and counts. `tell` is called after each
    step; after `seconds` it rings for the rest. A lost file, and rows that the database refuses, end it as failed.
    """
    done: Counter[str] = Counter()
    ends = time.monotonic() + seconds
    shapes: dict[int, Shape] = {}
    while (counts := _step_again(import_id, shapes)) is not None:
        done.update(counts)
        tell()
        if time.monotonic() >= ends:
            ring(Task.RUN_IMPORT, import_id)
            break
    else:
        tidy(import_id)
    return {name: done[name] for name in COUNTERS}


def _step_again(import_id: int, shapes: dict[int, Shape]) -> Mapping[str, int] | None:
    """A step, repeated when the database or a twin asks for it."""
    for attempt in range(TRIES):
        try:
            return _step(import_id, shapes)
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


def _step(import_id: int, shapes: dict[int, Shape]) -> Mapping[str, int] | None:
    """One step. None when the import has ended, or another worker holds its row."""
    now = timezone.now()
    with transaction.atomic():
        locked = ContactImport.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        job = locked.filter(pk=import_id, status__in=IMPORT_OPEN).select_related("store").first()
        if job is None:
            return None
        rows = ContactImport.objects.filter(pk=import_id)
        IMPORT.move(rows, "start", started_at=Coalesce("started_at", now))
        if job.read_at is None:
            shapes.setdefault(import_id, _shape(job))
            step = _read_on(job, shapes[import_id], now=now)
        else:
            step = _write_on(job, now=now)
        rows.update(**step.place, **{name: F(name) + number for name, number in step.counts.items()}, touched_at=now)
        if step.last:
            IMPORT.move(rows, "finish", finished_at=now)
            record("import.done", actor=Actor(job.actor), subject=f"import:{job.pk}", store_id=job.store_id)
    return step.counts


def _shape(job: ContactImport) -> Shape:
    heading = next(records(folder() / job.file, delimiter=job.delimiter))
    return Shape.of(job, headings(heading.cells))


def _read_on(job: ContactImport, shape: Shape, *, now: datetime) -> Step:
    """Stage the next piece of the file; behind the last one the rows of one phone become one."""
    piece = _piece(job, shape)
    staging.stage(piece.rows)
    _keep_problems(job, piece.refused)
    counts = {"rows": len(piece.rows) + len(piece.refused), "refused": len(piece.refused)}
    place: dict[str, Any] = {"cursor": piece.cursor, "offset": piece.offset}
    if piece.offset >= job.file_bytes:
        counts["duplicates"] = staging.merge_twins(job.pk)
        place["read_at"] = now
    return Step(counts, place)


def _piece(job: ContactImport, shape: Shape) -> Piece:
    """At most IMPORT_CHUNK rows after the job's place in its file."""
    taken = take(
        folder() / job.file,
        delimiter=job.delimiter,
        offset=job.offset,
        row=job.cursor + 1,
        limit=settings.IMPORT_CHUNK,
    )
    rows: list[Row] = []
    refused: list[Refused] = []
    for entry in taken.records:
        if entry.fault or any(map(str.strip, entry.cells)):
            one = read(entry, shape)
            if isinstance(one, Refused):
                refused.append(one)
            else:
                rows.append(one)
    return Piece(rows, refused, taken.next_row - 1, taken.offset)


def _write_on(job: ContactImport, *, now: datetime) -> Step:
    """Write the next chunk of staged rows by sets. A dry run only counts."""
    size = settings.IMPORT_CHUNK
    queries.take_chunk(import_id=job.pk, store_id=job.store_id, after=job.written, size=size, stated=job.consent)
    if job.existing != "update":
        queries.yield_to_contacts(all_fields=job.existing == "keep")
    found = queries.merge_contacts()
    if not job.dry_run:
        _write(job, new=found.new, now=now)
    counts = {
        "created": found.new,
        "updated": found.changed,
        "unchanged": found.rows - found.new - found.changed,
    }
    last = found.rows < size
    return Step(counts, {"written": job.cursor if last else found.last}, last)


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


def _fail(import_id: int, error: str) -> None:
    now = timezone.now()
    rows = ContactImport.objects.filter(pk=import_id)
    IMPORT.move(rows, "fail", error=error, finished_at=now, touched_at=now)
