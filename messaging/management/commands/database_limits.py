"""`manage.py database_limits`: give our role the time-outs that a pooler keeps connections from bringing along."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config import limits
from config.commands import say


class Command(BaseCommand):
    """Write the limits of every session to the role in the database. Needed once with DB_POOLER=1; harmless again.

    Exit 0: written.
    """

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How to answer."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        """Write them and show the statements."""
        written = list(limits.write())
        lines = [
            *(f"{statement};" for statement in written),
            "In force for new sessions: tell the pooler to RECONNECT.",
        ]
        say(self.stdout, {"statements": written}, "\n".join(lines), as_json=options["json"])
