import os
import random
import shutil
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from config.commands import BadInput
from messaging.drill import place
from messaging.drill.drill import Drill, Options
from messaging.drill.faults import FAULTS
from messaging.drill.report import show
from messaging.proving.house import NotReady


class Command(BaseCommand):
    """Kill everything while it sends, then compare all ledgers. Exit code 1 when any two differ."""

    help = "Starts a whole Heliograph on servers of its own, breaks it by a seeded schedule, and audits what is left."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--recipients", type=int, default=3000, help="recipients of each large campaign (3000)")
        parser.add_argument("--minutes", type=float, default=1.0, help="how long faults are injected (1)")
        parser.add_argument("--seed", type=int, help="decides every choice; printed (random)")
        parser.add_argument("--only", default="", help="names of faults, separated by commas, instead of all")
        parser.add_argument("--no-echo", action="store_true", help="the provider does not echo our reference")
        parser.add_argument(
            "--keep", type=Path, help="copy logs and ledger there; without it only a failure keeps them"
        )
        parser.add_argument("--json", action="store_true", help="the result as one JSON object on the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        if place.FOLDER not in os.environ:
            raise CommandError("Run it through manage.py: the drill needs an environment of its own.")
        seed = options["seed"] if options["seed"] is not None else random.SystemRandom().randrange(1_000_000)
        sys.stderr.write(f"crash drill, seed {seed}, in {place.here()}\n")
        chosen = _faults(options["only"])
        settings = Options(options["recipients"], options["minutes"] * 60, seed, not options["no_echo"], chosen)
        started = time.monotonic()
        try:
            result = Drill(settings).run()
        except NotReady as error:
            raise CommandError(str(error)) from error
        result["seconds"] = round(time.monotonic() - started, 1)
        sys.stderr.write(show(result))
        self._put_away(options["keep"], ok=result["ok"])
        if options["json"]:
            self.stdout.write(orjson.dumps(result).decode())
        if not result["ok"]:
            raise CommandError("the ledgers differ")

    def _put_away(self, keep: Path | None, *, ok: bool) -> None:
        """Logs and ledger are kept where they were asked for, or, after a failure, where they are."""
        folder = place.here()
        if keep:
            shutil.copytree(folder / "logs", keep / "logs", dirs_exist_ok=True)
            shutil.copy(folder / "simulator-ledger.jsonl", keep)
        if ok:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            sys.stderr.write(f"logs, ledger and database are in {folder}\n")


def _faults(only: str) -> list[str]:
    """The names that were asked for; all without any. Raises CommandError for one that does not exist."""
    chosen = [name.strip() for name in only.split(",") if name.strip()]
    if unknown := set(chosen) - set(FAULTS):
        raise BadInput(
            "NO_SUCH_FAULT", f"no such fault: {', '.join(sorted(unknown))}; there are: {', '.join(sorted(FAULTS))}"
        )
    return chosen or list(FAULTS)
