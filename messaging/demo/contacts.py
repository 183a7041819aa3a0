"""The demo's contacts: a CSV that is generated once, imported by the worker with a progress bar."""

import time
from pathlib import Path

from audiences.imports.start import ImportOptions, start_import
from audiences.models import ContactImport, ContactList, Store
from audiences.sample_contacts import write_sample
from audiences.services.lists import create_list
from config.progressbar import Bar
from messaging.demo.drive import DemoFailed
from messaging.demo.seed import ACTOR

SEED = 20261122
PATIENCE_SECONDS = 120.0


def ensure(store: Store, *, folder: Path, rows: int) -> ContactList:
    """The list with the contacts of a CSV of `rows` rows, imported unless an earlier demo did it."""
    name = f"Sample of {rows:,}"
    done = ContactImport.objects.filter(store=store, list__name=name, status="done").select_related("list").first()
    if done and done.list:
        return done.list
    path = folder / f"sample-{rows}.csv"
    if not path.exists():
        draft = path.with_suffix(".part")
        write_sample(draft, rows=rows, seed=SEED)
        draft.rename(path)
    audience = ContactList.objects.filter(store=store, name=name).first() or create_list(
        store=store, name=name, actor=ACTOR
    )
    _wait(_started(store, audience, path), rows=rows)
    return audience


def _started(store: Store, audience: ContactList, path: Path) -> ContactImport:
    """The import of the file: one that was interrupted goes on by itself."""
    under_way = ContactImport.objects.filter(store=store, list=audience, status__in=["pending", "running"]).first()
    if under_way:
        return under_way
    with path.open("rb") as file:
        chunks = iter(lambda: file.read(1 << 20), b"")
        options = ImportOptions(consent="opted_in", consent_source="demo sign-up form", list_id=audience.pk)
        return start_import(store=store, upload=chunks, file_name=path.name, options=options, actor=ACTOR)


def _wait(run: ContactImport, *, rows: int) -> None:
    moved_at, last = time.monotonic(), -1
    with Bar("Importing", total=rows) as bar:
        while run.status in {"pending", "running"}:
            time.sleep(0.2)
            run.refresh_from_db()
            bar.show(run.rows, note=f"{run.refused:,} refused, {run.duplicates:,} twice")
            if run.rows != last:
                moved_at, last = time.monotonic(), run.rows
            elif time.monotonic() - moved_at > PATIENCE_SECONDS:
                raise DemoFailed("the import stands still: is the worker running?")
    if run.status != "done":
        raise DemoFailed(f"the import failed: {run.error}")
