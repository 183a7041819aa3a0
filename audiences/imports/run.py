"""An import runs step by step: first pieces of the file are read into staging, then chunks of that become contacts.

Each step is one transaction with its rows, problems and counters. Killed at any moment, the next run goes on after the
last step that was committed, and ends as if nothing had happened.
"""

import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from functools import partial
from itertools import repeat

from django.conf import settings
from django.db import DataError, IntegrityError, OperationalError
from django.utils import timezone

from audiences.imports import writer
from audiences.imports.crew import together
from audiences.imports.reader import read_on
from audiences.imports.rows import Shape
from audiences.imports.tidy import tidy
from audiences.models import ContactImport
from audiences.states import IMPORT
from config.queues import Task, ring
from config.sql import is_transient

log = logging.getLogger(__name__)
TRIES = 5
COUNTERS = ("rows", "created", "updated", "unchanged", "duplicates", "refused")
Counts = Mapping[str, int]
Step = Callable[[], Counts | None]


class Broken(Exception):
    """The import cannot go on, and was ended as failed."""


def run_import(import_id: int, *, tell: Callable[[], None] = lambda: None, seconds: float = math.inf) -> dict[str, int]:
    """Work until the file is done; return what this run did (rows by outcome; nothing when somebody else is at it).

    Repeated, doubled or resumed it ends with the same contacts, problems and counts. `tell` is called after each
    step; after `seconds` it rings for the rest. A lost file, and rows that the database refuses, end it as failed.
    """
    done: Counter[str] = Counter()
    ends = time.monotonic() + seconds
    with closing(_steps(import_id)) as steps:
        for counts in steps:
            done.update(counts)
            tell()
            if time.monotonic() >= ends:
                ring(Task.RUN_IMPORT, import_id)
                break
        else:
            tidy(import_id)
    return {name: done[name] for name in COUNTERS}


def _steps(import_id: int) -> Generator[Counts, None, None]:
    """What each step did, until there is nothing to do for us."""
    shapes: dict[int, Shape] = {}
    try:
        for step in repeat(partial(read_on, import_id, shapes)):
            counts = _again(import_id, step)
            if counts is None:
                break
            yield counts
        write = [partial(_again, import_id, partial(writer.write, import_id, span)) for span in writer.spans(import_id)]
        yield from filter(None, together(write, threads=settings.IMPORT_WRITERS))
    except (Broken, writer.Stopped):
        return
    writer.finish(import_id)


def _again(import_id: int, step: Step) -> Counts | None:
    """A step, repeated when the database or a twin asks for it. Raises Broken."""
    for attempt in range(TRIES):
        try:
            return step()
        except FileNotFoundError:
            _fail(import_id, "file_lost")
            raise Broken from None
        except (DataError, IntegrityError):
            log.exception("import_broken", extra={"import_id": import_id})
            _fail(import_id, "broken")
            raise Broken from None
        except (OperationalError, writer.Raced) as error:
            if attempt == TRIES - 1 or (isinstance(error, OperationalError) and not is_transient(error)):
                raise
            time.sleep(0.05 * 2**attempt)
    return None


def _fail(import_id: int, error: str) -> None:
    now = timezone.now()
    rows = ContactImport.objects.filter(pk=import_id)
    IMPORT.move(rows, "fail", error=error, finished_at=now, touched_at=now)
