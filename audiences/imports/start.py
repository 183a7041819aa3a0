"""Taking a file for import."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from audiences.errors import AudienceInvalid
from audiences.fields import CUSTOM_MAX
from audiences.imports.columns import custom_fields, headings, mapping
from audiences.imports.reading import DELIMITERS, records, sniff
from audiences.imports.receive import Received, discard, folder, receive
from audiences.models import ContactImport, ContactList, Store
from audiences.models.contacts import CONSENTS
from audiences.models.imports import EXISTING
from audiences.services.lists import get_or_create_list
from config.audit import Actor, record
from config.problems import invalid
from config.queues import Task, enqueue


class ImportOptions(NamedTuple):
    """What the importer states about a file; every part has a default that guesses nothing.

    `mapping`: column -> field of imports.columns, `fields.<name>` makes a custom field, '' leaves a column out.
    `consent` counts for new contacts only, and needs a `consent_source`. Rows are put on `list_id` or `list_name`.
    `existing`: contacts that exist are updated (what the file says wins), filled (only where they say nothing) or kept.
    """

    encoding: str = ""
    delimiter: str = ""
    mapping: Mapping[str, str] | None = None
    consent: str = "unknown"
    consent_source: str = ""
    consent_at: datetime | None = None
    list_id: int | None = None
    list_name: str = ""
    existing: str = "update"
    dry_run: bool = False


def start_import(
    *,
    store: Store,
    upload: Iterable[bytes],
    file_name: str,
    actor: Actor,
    options: ImportOptions | None = None,
    ring: bool = True,
) -> ContactImport:
    """Keep a file and ring for its import; nothing is kept of a file that is refused.

    `ring=False`: the caller runs it himself. Raises TooLarge (413), AudienceInvalid for an unknown list, InvalidFields
    at `/file` with code empty, not_csv, encoding, header_only, bad_heading or no_phone_column, or at an option.
    """
    options = options or ImportOptions()
    _check(options, store=store)
    received = receive(upload, encoding=options.encoding)
    try:
        columns = _columns(received, options, custom=store.custom_fields)
        with transaction.atomic():
            job = _create(store, received, columns, file_name=file_name, actor=actor, options=options)
            if ring:
                enqueue(Task.RUN_IMPORT, job.pk)
    except BaseException:
        discard(received.name)
        raise
    return job


def _check(options: ImportOptions, *, store: Store) -> None:
    now = timezone.now()
    if options.consent not in CONSENTS:
        raise invalid("/consent", f"One of: {', '.join(CONSENTS)}.", code="bad_consent")
    if options.existing not in EXISTING:
        raise invalid("/existing", f"One of: {', '.join(EXISTING)}.", code="bad_existing")
    if options.consent == "opted_in" and not options.consent_source.strip():
        raise invalid("/consent_source", "Say where and how these people agreed.", code="required")
    if len(options.consent_source) > 100 or "\x00" in options.consent_source:
        raise invalid("/consent_source", "At most 100 characters.", code="max_length")
    if options.consent_at is not None and options.consent_at > now:
        raise invalid("/consent_at", "Not in the future.", code="future")
    if options.delimiter and options.delimiter not in DELIMITERS:
        raise invalid("/delimiter", "A comma, a semicolon, a tab or |.", code="bad_delimiter")
    ours = ContactList.objects.filter(pk=options.list_id, store=store) if options.list_id is not None else None
    if ours is not None and not ours.exists():
        error = {"pointer": "#/list", "detail": "There is no such list.", "code": "unknown_list"}
        raise AudienceInvalid(errors=[error])


class _Columns(NamedTuple):
    delimiter: str
    mapping: dict[str, str]
    offset: int


def _columns(received: Received, options: ImportOptions, *, custom: Mapping[str, str]) -> _Columns:
    path = folder() / received.name
    delimiter = received.delimiter or options.delimiter or sniff(path)
    first = list(islice((one for one in records(path, delimiter=delimiter) if one.cells or one.fault), 2))
    if not first:
        raise invalid("/file", "The file is empty.", code="empty")
    heading = first[0]
    if heading.fault or heading.row:
        raise invalid("/file", "The first line must name the columns.", code="bad_heading")
    chosen = mapping(headings(heading.cells), stated=options.mapping or {}, custom=custom)
    if len(first) == 1:
        raise invalid("/file", "The file has no rows below its heading.", code="header_only")
    return _Columns(delimiter, chosen, heading.end)


def _create(
    store: Store, received: Received, columns: _Columns, *, file_name: str, actor: Actor, options: ImportOptions
) -> ContactImport:
    now = timezone.now()
    list_id = options.list_id
    if not options.dry_run:
        _add_custom_fields(store, custom_fields(columns.mapping))
        if list_id is None and options.list_name:
            list_id = get_or_create_list(store=store, name=options.list_name, actor=actor).pk
    job = ContactImport.objects.create(
        store=store,
        file=received.name,
        file_name=Path(file_name).name.replace("\x00", "")[:200],
        file_bytes=received.size,
        encoding=received.encoding,
        delimiter=columns.delimiter,
        mapping=columns.mapping,
        offset=columns.offset,
        consent=options.consent,
        consent_source=options.consent_source.strip(),
        consent_at=options.consent_at,
        existing=options.existing,
        digest=received.digest,
        list_id=list_id,
        dry_run=options.dry_run,
        actor=actor.name,
        created_at=now,
        touched_at=now,
    )
    subject = f"import:{job.pk}"
    record("import.start", actor=actor, subject=subject, store_id=store.pk, stated=options.consent)
    return job


def _add_custom_fields(store: Store, names: list[str]) -> None:
    """Custom fields that only the mapping names become texts of the store."""
    locked = Store.objects.select_for_update(no_key=True).get(pk=store.pk)
    new = {name: "text" for name in names if name not in locked.custom_fields}
    if len(locked.custom_fields) + len(new) > CUSTOM_MAX:
        raise invalid("/mapping", f"A store has at most {CUSTOM_MAX} custom fields.", code="too_many")
    if new:
        Store.objects.filter(pk=store.pk).update(custom_fields={**locked.custom_fields, **new})
