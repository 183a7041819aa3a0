"""`manage.py rotate_keys`: after a new key was put first in CREDENTIAL_KEYS."""

import json
from argparse import ArgumentParser
from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand

from config.audit import Actor
from config.commands import Refused
from messaging.rotation import rotate

ACTOR = Actor("command:rotate_keys")


class Command(BaseCommand):
    """Encrypt every stored secret anew with the first of CREDENTIAL_KEYS; afterwards the others can be taken away.

    Restart every process with the new list before, and without the old keys after. Running it twice does no harm.
    Exit 0: done; 1: a secret can be read with none of the keys.
    """

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How to answer."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        """Rewrite; exit 1 when a secret cannot be read with any of the keys."""
        try:
            done = rotate(actor=ACTOR)
        except InvalidToken:
            raise Refused(
                "KEY_MISSING", "A secret can be read with none of CREDENTIAL_KEYS: put its key back."
            ) from None
        lines = [f"{rows:>6} rows of {table}" for table, rows in done.items()]
        self.stdout.write(json.dumps(done) if options["json"] else "\n".join(lines))
