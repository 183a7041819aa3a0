"""`manage.py retention`: what is kept no longer."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config.audit import Actor
from messaging.retention import due, retain


class Command(BaseCommand):
    """Say how much personal data is due to be cleared; with --yes clear all of it, some at a time.

    Exit 0: done, or there is nothing to do.
    """

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether to do it."""
        parser.add_argument("--yes", action="store_true", help="clear it; without, nothing is changed")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        """Print the counts of what is due, or of what was cleared."""
        counts = cleared() if options["yes"] else due()
        if options["json"]:
            self.stdout.write(json.dumps({"cleared": options["yes"], **counts}))
            return
        word = "cleared" if options["yes"] else "due"
        self.stdout.write("\n".join(f"{name:<10} {number} {word}" for name, number in counts.items()))


def cleared() -> dict[str, int]:
    """Run until a run finds nothing; the sums."""
    total: dict[str, int] = {}
    while True:
        counts = retain(actor=Actor("command:retention"))
        total = {name: total.get(name, 0) + number for name, number in counts.items()}
        if not any(counts.values()):
            return total
