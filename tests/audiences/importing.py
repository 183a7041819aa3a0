"""Short ways to import made-up files in tests."""

from collections.abc import Iterable
from typing import Any

from audiences.imports import ImportOptions, run_import, start_import
from audiences.models import ConsentEvent, Contact, ContactImport, ImportProblem, ListMembership, Store
from config.audit import SYSTEM

COUNTS = ("rows", "created", "updated", "unchanged", "duplicates", "refused")


def take(store: Store, content: str | bytes | Iterable[bytes], **options: Any) -> ContactImport:
    """Start an import of a file with this content; it is not run yet."""
    if isinstance(content, str):
        content = content.encode()
    upload = [content] if isinstance(content, bytes) else content
    return start_import(
        store=store, upload=upload, file_name="people.csv", actor=SYSTEM, options=ImportOptions(**options), ring=False
    )


def imported(store: Store, content: str | bytes, **options: Any) -> ContactImport:
    """Import a file to its end."""
    job = take(store, content, **options)
    run_import(job.pk)
    job.refresh_from_db()
    return job


def counts(job: ContactImport) -> dict[str, int]:
    """The counters that are not zero."""
    job.refresh_from_db()
    return {name: getattr(job, name) for name in COUNTS if getattr(job, name)}


def problems(job: ContactImport) -> list[tuple[int, str, str]]:
    """Row, column and code of what was refused."""
    return list(ImportProblem.objects.filter(contact_import=job).order_by("row").values_list("row", "column", "code"))


def everything(store: Store) -> dict[str, Any]:
    """All that an import may write, without ids and times: equal for two imports that did the same."""
    people = Contact.objects.filter(store=store).order_by("phone")
    events = ConsentEvent.objects.filter(store=store).order_by("contact__phone", "id")
    members = ListMembership.objects.filter(list__store=store).order_by("contact__phone")
    refused = ImportProblem.objects.filter(contact_import__store=store).order_by("row")
    jobs = ContactImport.objects.filter(store=store)
    return {
        "people": list(people.values_list("phone", "country", "first_name", "email", "birthday", "fields", "consent")),
        "events": list(events.values_list("contact__phone", "before", "after")),
        "members": list(members.values_list("contact__phone", flat=True)),
        "refused": list(refused.values_list("row", "column", "code", "value")),
        "jobs": list(jobs.values_list("status", "cursor", "offset", "file", *COUNTS)),
    }
