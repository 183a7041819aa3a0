"""The second half of an import: staged rows become contacts, chunk by chunk, several chunks at the same time.

A staged row is deleted in the transaction that writes it: what is left is what is to be done, whoever does it.
"""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from audiences.imports import queries
from audiences.imports.queries import Span
from audiences.models import ContactImport
from audiences.states import IMPORT
from config.audit import Actor, record
from config.sql import alone


class Raced(Exception):
    """Somebody made one of the chunk's contacts meanwhile: the chunk starts over, nothing was written."""


class Stopped(Exception):
    """The import was cancelled while the chunk was written: nothing of it was."""


def spans(import_id: int) -> list[Span]:
    """The spans of rows that are not written yet, in the order of the file; none before the whole file is read."""
    read = ContactImport.objects.filter(pk=import_id, status="running", read_at__isnull=False).exists()
    left = queries.staged(import_id) if read else None
    if left is None:
        return []
    size = settings.IMPORT_CHUNK
    return [Span(first, first + size - 1) for first in range(left.first, left.last + 1, size)]


def write(import_id: int, span: Span) -> Mapping[str, int] | None:
    """Write a span in one transaction; return the steps of the counters. A dry run only counts.

    None when the import is not running, and when somebody else has the span. Raises Raced, Stopped.
    """
    now = timezone.now()
    with transaction.atomic():
        job = ContactImport.objects.filter(pk=import_id, status="running").select_related("store").first()
        if job is None or not alone(f"import:{import_id}:{span.first}"):
            return None
        queries.take_chunk(import_id=import_id, span=span, stated=job.consent)
        queries.find_contacts(job.store_id)
        queries.heed_opt_outs(job.store_id)
        if job.existing != "update":
            queries.yield_to_contacts(all_fields=job.existing == "keep")
        found = queries.merge_contacts()
        if not job.dry_run:
            _write(job, new=found.new, now=now)
        # Foreign keys are looked up now: at the commit it would be under the lock of the import's row.
        connection.check_constraints()
        unchanged = found.rows - found.new - found.changed
        counts = {"created": found.new, "updated": found.changed, "unchanged": unchanged}
        steps = {name: F(name) + number for name, number in counts.items()}
        if not ContactImport.objects.filter(pk=import_id, status="running").update(**steps, touched_at=now):
            raise Stopped
    return counts


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


def finish(import_id: int) -> None:
    """Call the import done once nothing is left to write."""
    now = timezone.now()
    with transaction.atomic():
        rows = ContactImport.objects.filter(pk=import_id, status="running", read_at__isnull=False)
        job = rows.select_for_update(no_key=True).first()
        if job is not None and queries.staged(import_id) is None:
            IMPORT.move(rows, "finish", finished_at=now, touched_at=now)
            record("import.done", actor=Actor(job.actor), subject=f"import:{job.pk}", store_id=job.store_id)
