"""What ends an import, and what looks after those that nobody works on."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audiences.errors import ImportEnded
from audiences.imports import queries, staging
from audiences.imports.receive import discard
from audiences.models import ContactImport
from audiences.states import IMPORT, IMPORT_ENDED, IMPORT_OPEN
from config.audit import Actor, record
from config.problems import NotFound
from config.queues import Task, ring

UNTOUCHED = timedelta(minutes=2)
SHOWN = timedelta(hours=1)  # so long the preview of a dry run can be seen after its end
SWEPT_AT_ONCE = 100


def cancel_import(*, store_id: int, import_id: int, actor: Actor) -> None:
    """End an import after the step it is in. While the file is read nobody has been changed; later, who was stays so.

    Repeating it changes nothing. Raises NotFound, ImportEnded when it is done or has failed.
    """
    now = timezone.now()
    rows = ContactImport.objects.filter(pk=import_id, store_id=store_id)
    with transaction.atomic():
        moved = IMPORT.move(rows, "cancel", finished_at=now, touched_at=now)
        status = rows.values_list("status", flat=True).first()
        if status is None:
            raise NotFound
        if status != "cancelled":
            raise ImportEnded
        if moved:
            record("import.cancel", actor=actor, subject=f"import:{import_id}", store_id=store_id)
    tidy(import_id)


def tidy(import_id: int) -> None:
    """Forget the staged rows and the file of an import that ended; again is nothing new.

    The file of a dry run stays for an hour, for its preview.
    """
    now = timezone.now()
    ended = ContactImport.objects.filter(pk=import_id, status__in=IMPORT_ENDED).exclude(file="")
    job = ended.first()
    if job is None:
        return
    staging.forget(import_id, until=job.cursor)
    if queries.staged(import_id) is not None:  # a chunk of it is being given up: whoever does so comes here again
        return
    if job.dry_run and job.status == "done" and job.finished_at and job.finished_at > now - SHOWN:
        return
    discard(job.file)
    ended.update(file="")


def resume_imports() -> dict[str, int]:
    """Ring again for imports that nobody touched for two minutes; finish tidying up those that ended in a kill.

    Indexes: import_open, import_untidy.
    """
    now = timezone.now()
    stale = Q(touched_at__lt=now - UNTOUCHED) | Q(touched_at=None, created_at__lt=now - UNTOUCHED)
    waiting = ContactImport.objects.filter(stale, status__in=IMPORT_OPEN).order_by("touched_at", "pk")
    rung = sum(ring(Task.RUN_IMPORT, import_id) for import_id in waiting.values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    seen = Q(dry_run=False) | ~Q(status="done") | Q(finished_at__lt=now - SHOWN)
    untidy = ContactImport.objects.filter(seen, status__in=IMPORT_ENDED, finished_at__lt=now - UNTOUCHED)
    left = list(untidy.exclude(file="").order_by("finished_at", "pk").values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    for import_id in left:
        tidy(import_id)
    return {"rung": rung, "tidied": len(left)}
