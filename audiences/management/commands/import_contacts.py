"""`manage.py import_contacts FILE --store SLUG`: import a CSV or XLSX here and now, with progress."""

import hashlib
import json
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from audiences.imports import ImportOptions, run_import, start_import
from audiences.management.commands.stores import store_of
from audiences.models import ContactImport, Store
from audiences.models.imports import EXISTING
from audiences.states import IMPORT_OPEN
from config.audit import Actor
from config.commands import BadInput, Refused, asked
from config.memory import settle
from config.problems import Problem
from config.progressbar import Bar

PIECE = 1024 * 1024
COUNTS = ("rows", "created", "updated", "unchanged", "duplicates", "refused")
ACTOR = Actor("command:import_contacts")


class Command(BaseCommand):
    """Import contacts from a file. One that was killed goes on where it was when the same file is given again.

    Exit 0: done, also when rows were refused; 1: the import failed; 2: no such store, or a file that cannot be read.
    """

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What `start_import` can be told."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--store", required=True, metavar="SLUG")
        parser.add_argument("--list", default="", metavar="NAME", help="put the contacts on this list; made if need be")
        parser.add_argument("--consent", default="unknown", choices=["unknown", "opted_in", "opted_out"])
        parser.add_argument("--consent-source", default="", help="where and how these people agreed")
        parser.add_argument("--consent-at", type=moment, metavar="WHEN", help="when, as 2026-03-29 (UTC); else now")
        parser.add_argument("--existing", default="update", choices=EXISTING, help="what becomes of known contacts")
        parser.add_argument("--encoding", default="", help="of the file, if it is not UTF-8")
        parser.add_argument("--delimiter", default="")
        parser.add_argument(
            "--map", action="append", default=[], metavar="COLUMN=FIELD", help="e.g. Town=fields.town; repeat as needed"
        )
        parser.add_argument("--dry-run", action="store_true", help="check and count, change no contact")
        parser.add_argument("--json", action="store_true", help="one JSON object on the last line, no progress")

    def handle(self, **options: Any) -> None:
        """Take the file, or find where it was left, then work on it until it is done."""
        started = time.monotonic()
        store = store_of(options["store"])
        try:
            job_id = unfinished(store, options) or start(store, options).pk
        except Problem as problem:
            raise asked(problem) from problem
        except OSError as error:
            raise BadInput("FILE_UNREADABLE", str(error)) from error
        settle()
        with nullcontext() if options["json"] else Bar("Importing", total=100) as bar:
            work(job_id, bar=bar)
        job = ContactImport.objects.get(pk=job_id)
        self._report(job, seconds=time.monotonic() - started, as_json=options["json"])
        if job.status == "failed":
            raise Refused("IMPORT_FAILED", f"The import failed: {job.error}.")

    def _report(self, job: ContactImport, *, seconds: float, as_json: bool) -> None:
        counts = {name: getattr(job, name) for name in COUNTS}
        if as_json:
            self.stdout.write(
                json.dumps({"import": job.pk, "status": job.status, **counts, "seconds": round(seconds, 3)})
            )
            return
        told = ", ".join(f"{number:,} {name}" for name, number in counts.items())
        self.stdout.write(f"Import {job.pk} {job.status} in {seconds:.1f} s: {told}.")


def moment(text: str) -> datetime:
    """A date or a moment; without an offset in UTC. Raises ValueError."""
    said = datetime.fromisoformat(text)
    return said if said.tzinfo else said.replace(tzinfo=UTC)


def start(store: Store, options: dict[str, Any]) -> ContactImport:
    """A new import of the file."""
    stated = ImportOptions(
        encoding=options["encoding"],
        delimiter=options["delimiter"],
        mapping=dict(pair.rpartition("=")[::2] for pair in options["map"]),
        consent=options["consent"],
        consent_source=options["consent_source"],
        consent_at=options["consent_at"],
        existing=options["existing"],
        list_name=options["list"],
        dry_run=options["dry_run"],
    )
    name, upload = options["file"].name, pieces(options["file"])
    return start_import(store=store, upload=upload, file_name=name, actor=ACTOR, options=stated, ring=False)


def unfinished(store: Store, options: dict[str, Any]) -> int | None:
    """The command's own import of this very file under the same words that did not come to its end."""
    digest = hashlib.blake2b(digest_size=16)
    for piece in pieces(options["file"]):
        digest.update(piece)
    said = {name: options[name] for name in ("consent", "consent_source", "existing", "dry_run")}
    open_ones = ContactImport.objects.filter(store=store, status__in=IMPORT_OPEN, digest=digest.hexdigest(), **said)
    return open_ones.filter(actor=ACTOR.name).order_by("pk").values_list("pk", flat=True).last()


def work(job_id: int, *, bar: Bar | None) -> None:
    """Run the import to its end; a worker that has it already is waited for."""

    def tell() -> None:
        if bar is not None:
            job = ContactImport.objects.get(pk=job_id)
            bar.show(job.progress, note=f"%, {job.rows:,} rows, {job.refused:,} refused")

    while ContactImport.objects.filter(pk=job_id, status__in=IMPORT_OPEN).exists():
        if not run_import(job_id, tell=tell)["rows"]:
            time.sleep(0.2)
    tell()


def pieces(path: Path) -> Iterator[bytes]:
    """The file in pieces of a megabyte."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
