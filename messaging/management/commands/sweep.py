"""`manage.py sweep`: run sweeps here and now, as Beat would have a worker do."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from celery import current_app
from django.core.management.base import BaseCommand

from config.beat import SCHEDULE
from config.commands import BadInput
from config.logging import told
from config.queues import Task

NAMES = {task.value.partition(".")[2]: task for task in SCHEDULE}


class Command(BaseCommand):
    """Run one sweep, or all of the schedule in its order, and print what each did. Harmless beside workers.

    Exit 0: all ran; 1: one failed, the others have run; 2: none was named.
    """

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which."""
        parser.add_argument("name", nargs="?", choices=sorted(NAMES), metavar="NAME", help=", ".join(sorted(NAMES)))
        parser.add_argument("--all", action="store_true")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        """Run; exit 1 when a sweep failed, after the others have run."""
        if bool(options["name"]) == options["all"]:
            raise BadInput("NAME_REQUIRED", f"Name one sweep, or --all: {', '.join(sorted(NAMES))}.")
        names = list(NAMES) if options["all"] else [options["name"]]
        results = {name: run(NAMES[name]) for name in names}
        if options["json"]:
            self.stdout.write(json.dumps(results))
        else:
            for name, result in results.items():
                counts = "  ".join(f"{key} {value}" for key, value in result.items())
                self.stdout.write(f"{name:<18} {counts}")
        if any("error" in result for result in results.values()):
            sys.exit(1)


def run(task: Task) -> dict[str, Any]:
    """Run one sweep in this process: its counts, or its `error`. The run is recorded like any other."""
    current_app.loader.import_default_modules()
    try:
        counts: dict[str, Any] = current_app.tasks[task.value]()
    except Exception as error:  # the next sweep has nothing to do with it
        return {"error": told(error)}
    return counts
