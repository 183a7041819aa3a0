"""The first half of an import: the file is read piece by piece into staging."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from audiences.imports import staging
from audiences.imports.columns import headings
from audiences.imports.reading import records, take
from audiences.imports.receive import folder
from audiences.imports.rows import Refused, Row, Shape, read
from audiences.models import ContactImport, ImportProblem
from audiences.states import IMPORT, IMPORT_OPEN

PROBLEMS_MAX = 100_000  # refused rows that are kept for the importer; further ones are only counted


class Piece(NamedTuple):
    """What was read of a file: rows to stage, rows refused, the place behind them."""

    rows: list[Row]
    refused: list[Refused]
    cursor: int
    offset: int


def read_on(import_id: int, shapes: dict[int, Shape]) -> Mapping[str, int] | None:
    """Stage the next piece of the file in one transaction; return the steps of the counters.

    Behind the last piece the rows of one phone become one. None when the file is read, the import has ended, or
    another worker holds its row. `shapes` remembers what was found out about the file.
    """
    now = timezone.now()
    with transaction.atomic():
        locked = ContactImport.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        unread = locked.filter(pk=import_id, status__in=IMPORT_OPEN, read_at=None)
        job = unread.select_related("store").first()
        if job is None:
            return None
        rows = ContactImport.objects.filter(pk=import_id)
        IMPORT.move(rows, "start", started_at=Coalesce("started_at", now))
        piece = _piece(job, shapes.get(import_id) or shapes.setdefault(import_id, _shape(job)))
        staging.stage(piece.rows)
        _keep_problems(job, piece.refused)
        counts = {"rows": len(piece.rows) + len(piece.refused), "refused": len(piece.refused)}
        place = _place(job, piece, now=now)
        if place["read_at"]:
            counts["duplicates"] = staging.merge_twins(job.pk)
        steps = {name: F(name) + number for name, number in counts.items()}
        rows.update(**place, **steps, touched_at=now)
    return counts


def _shape(job: ContactImport) -> Shape:
    heading = next(records(folder() / job.file, delimiter=job.delimiter))
    return Shape.of(job, headings(heading.cells))


def _place(job: ContactImport, piece: Piece, *, now: datetime) -> dict[str, Any]:
    """The columns that say how far the reading is."""
    ended = piece.offset >= job.file_bytes
    return {"cursor": piece.cursor, "offset": piece.offset, "read_at": now if ended else None}


def _piece(job: ContactImport, shape: Shape) -> Piece:
    """At most IMPORT_CHUNK rows after the job's place in its file."""
    path, limit = folder() / job.file, settings.IMPORT_CHUNK
    taken = take(path, delimiter=job.delimiter, offset=job.offset, row=job.cursor + 1, limit=limit)
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


def _keep_problems(job: ContactImport, refused: list[Refused]) -> None:
    room = max(PROBLEMS_MAX - job.refused, 0)
    ImportProblem.objects.bulk_create(
        (ImportProblem(contact_import=job, **problem._asdict()) for problem in refused[:room]), batch_size=1000
    )
