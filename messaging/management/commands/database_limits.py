"""`manage.py database_limits`: give our role the time-outs that a pooler keeps connections from bringing along."""

from typing import Any

from django.core.management.base import BaseCommand

from config import limits


class Command(BaseCommand):
    """Write the limits of every session to the role in the database. Needed once with DB_POOLER=1; harmless again."""

    help = __doc__

    def handle(self, **_: Any) -> None:
        """Write them and show the statements."""
        for statement in limits.write():
            self.stdout.write(f"{statement};")
        self.stdout.write("In force for new sessions: tell the pooler to RECONNECT.")
