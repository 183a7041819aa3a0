"""`manage.py import_contacts FILE --store SLUG`: import a CSV here and now, with progress."""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audiences.imports import ImportOptions, run_import, start_import
from audiences.models import ContactImport, Store
from config.audit import Actor
from config.problems import Problem

PIECE = 1024 * 1024
COUNTS = ("rows", "created", "updated", "unchanged", "duplicates", "refused")


class Command(BaseCommand):
    """Import contacts from a CSV file. Repeating it updates what changed and subscribes nobody who opted out."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What `start_import` can be told."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--store", required=True, metavar="SLUG")
        parser.add_argument("--list", default="", metavar="NAME", help="put the contacts on this list; made if need be")
        parser.add_argument("--consent", default="unknown", choices=["unknown", "opted_in", "opted_out"])
        parser.add_argument("--consent-source", default="", help="where and how these people agreed")
        parser.add_argument("--encoding", default="", help="of the file, if it is not UTF-8")
        parser.add_argument("--delimiter", default="")
        parser.add_argument(
            "--map", action="append", default=[], metavar="COLUMN=FIELD", help="e.g. Town=fields.town; repeat as needed"
        )
        parser.add_argument("--dry-run", action="store_true", help="check and count, change no contact")
        parser.add_argument("--json", action="store_true", help="one JSON object on the last line, no progress")

    def handle(self, **options: Any) -> None:
        """Take the file, then work on it until it is done."""
        started = time.monotonic()
        self.quiet = options["json"] or not sys.stderr.isatty()
        job_id = self._start(options).pk
        while self._open(job_id):
            run_import(job_id, tell=lambda: self._tell(job_id))
            if self._open(job_id):
                time.sleep(0.2)  # a worker has it
        job = ContactImport.objects.get(pk=job_id)
        self._report(job, seconds=time.monotonic() - started, as_json=options["json"])
        if job.status == "failed":
            raise CommandError(f"The import failed: {job.error}.")

    def _start(self, options: dict[str, Any]) -> ContactImport:
        store = Store.objects.filter(slug=options["store"]).first()
        if store is None:
            raise CommandError(f"There is no store {options['store']!r}.")
        stated = ImportOptions(
            encoding=options["encoding"],
            delimiter=options["delimiter"],
            mapping=dict(pair.rpartition("=")[::2] for pair in options["map"]),
            consent=options["consent"],
            consent_source=options["consent_source"],
            list_name=options["list"],
            dry_run=options["dry_run"],
        )
        try:
            return start_import(
                store=store,
                upload=pieces(options["file"]),
                file_name=options["file"].name,
                actor=Actor("command:import_contacts"),
                options=stated,
                ring=False,
            )
        except (Problem, OSError) as error:
            raise CommandError(str(error)) from error

    def _open(self, job_id: int) -> bool:
        return ContactImport.objects.filter(pk=job_id, status__in=("pending", "running")).exists()

    def _tell(self, job_id: int) -> None:
        if self.quiet:
            return
        job = ContactImport.objects.get(pk=job_id)
        done = job.offset / max(job.file_bytes, 1)
        bar = "█" * int(done * 30)
        self.stderr.write(f"\r  {bar:░<30} {done:4.0%}  {job.rows:,} rows, {job.refused:,} refused", ending="")

    def _report(self, job: ContactImport, *, seconds: float, as_json: bool) -> None:
        counts = {name: getattr(job, name) for name in COUNTS}
        if as_json:
            self.stdout.write(
                json.dumps({"import": job.pk, "status": job.status, **counts, "seconds": round(seconds, 3)})
            )
            return
        if not self.quiet:
            self.stderr.write("")
        told = ", ".join(f"{number:,} {name}" for name, number in counts.items())
        self.stdout.write(f"Import {job.pk} {job.status} in {seconds:.1f} s: {told}.")


def pieces(path: Path) -> Iterator[bytes]:
    """The file in pieces of a megabyte."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
