"""`manage.py doctor`: prove that the books, the counters and the rows agree, and name what does not."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand

from billing import drift as books
from billing.drift import SHOWN, Drift, unhurried
from campaigns import drift as campaigns
from config.audit import Actor
from config.progressbar import Bar
from messaging import drift as messages

ACTOR = Actor("command:doctor")


def checks(*, hours: int | None) -> dict[str, Callable[[], list[Drift]]]:
    """Every check by its name. `hours`: see `campaigns.drift.find_drift`."""
    found: dict[str, Callable[[], list[Drift]]] = {f"billing.{check.__name__}": check for check in books.CHECKS}
    for check in campaigns.CHECKS:
        found[f"campaigns.{check.__name__}"] = partial(check, hours=hours, shown=SHOWN)
    return {**found, **{f"messaging.{check.__name__}": partial(check, hours=hours) for check in messages.CHECKS}}


def derivable(drift: Drift) -> bool:
    """Whether the number follows from other rows, so that `--repair` may write it again."""
    return drift.name in books.DERIVED or campaigns.derivable(drift) or messages.derivable(drift)


def repair(drift: Drift, *, actor: Actor) -> bool:
    """Write a derivable number again. True when something changed."""
    return any(one.repair(drift, actor=actor) for one in (books, campaigns, messages))


class Command(BaseCommand):
    """Compare every number with the rows behind it: exit 0 when all agree (in the end), 1 when one does not.

    Changes nothing, unless told --repair --yes: then what follows from other rows is written again, and audited.
    Exit 0: everything agrees; 1: something does not.
    """

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to look at, and whether to mend it."""
        parser.add_argument(
            "--all", action="store_true", help=f"also campaigns that ended over {campaigns.RECENT_HOURS} hours ago"
        )
        parser.add_argument("--repair", action="store_true", help="show what would be written again")
        parser.add_argument("--yes", action="store_true", help="with --repair: write it")
        parser.add_argument("--json", action="store_true", help="print one JSON object, no progress")

    def handle(self, **options: Any) -> None:
        """Look, report, and mend what may be mended."""
        todo = checks(hours=None if options["all"] else campaigns.RECENT_HOURS)
        found = self._look(todo, quiet=options["json"])
        written = [repair(drift, actor=ACTOR) for drift in found] if options["repair"] and options["yes"] else []
        left = self._look(todo, quiet=options["json"]) if any(written) else found
        mended = [drift for drift in found if drift not in left]
        if options["json"]:
            rows = [drift._asdict() | {"derivable": derivable(drift), "repaired": drift in mended} for drift in found]
            self.stdout.write(json.dumps({"checks": len(todo), "drifts": len(found), "found": rows}))
        else:
            self._tell(found, mended, checked=len(todo), options=options)
        if left:
            sys.exit(1)

    def _look(self, todo: dict[str, Callable[[], list[Drift]]], *, quiet: bool) -> list[Drift]:
        if quiet:
            return [drift for check in todo.values() for drift in unhurried(check)]
        found: list[Drift] = []
        with Bar("doctor", total=len(todo)) as bar:
            for done, (name, check) in enumerate(todo.items()):
                bar.show(done, note=name)
                found += unhurried(check)
            bar.show(len(todo), note=f"{len(found)} drifts")
        return found

    def _tell(self, found: list[Drift], mended: list[Drift], *, checked: int, options: dict[str, Any]) -> None:
        for drift in found:
            note = "  repaired" if drift in mended else "  can be repaired" if derivable(drift) else ""
            line = f"{drift.name:<26} {drift.subject:<32} expected {drift.expected:>10,}  found {drift.found:>10,}"
            self.stdout.write(line + note)
        if not found:
            self.stdout.write(f"Everything agrees: {checked} checks, no drift.")
            return
        self.stdout.write(f"{len(found)} drifts in {checked} checks, {len(mended)} written again.")
        if options["repair"] and not options["yes"]:
            able = sum(derivable(drift) for drift in found)
            self.stdout.write(
                f"Nothing was changed. {able} of them follow from other rows: --repair --yes writes them."
            )
