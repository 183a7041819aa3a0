"""`manage.py requeue`: the dead letters, and what is to become of them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from campaigns.dead_letters import waiting
from campaigns.models import SendBatch
from campaigns.services.again import discard, requeue
from config.audit import Actor
from config.commands import asked, number_of, reason_of, say
from config.opaque import public_id
from config.problems import Problem

ACTOR = Actor("command:requeue")
SHOWN = 1000


class Command(BaseCommand):
    """List dead letters, send one's failed recipients again (new batch, new hold), or leave one as it is.

    Exit 0: done; 1: refused, e.g. it is no dead letter; 2: no such batch, or no reason.
    """

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One of the three, and why."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--list", action="store_true", help=f"the oldest {SHOWN} of them")
        what.add_argument("--batch", metavar="ID", help="requeue this one; a number or bat_…")
        what.add_argument("--discard", metavar="ID", help="its recipients stay failed")
        parser.add_argument("--reason", default="", help="for the audit; needed to change anything")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        """Do what was asked; a refusal is exit 1 and changes nothing."""
        self.as_json = options["json"]
        if options["list"]:
            self._list()
            return
        reason_of(options)
        known = SendBatch.objects.all()
        named = options["batch"] or options["discard"]
        batch_id = number_of(named, kind="bat", exists=lambda pk: known.filter(pk=pk).exists())
        try:
            if options["batch"]:
                recipients = requeue(batch_id=batch_id, actor=ACTOR, reason=options["reason"])
                self._say({"batch": batch_id, "requeued": recipients}, f"{recipients} recipients are sent again.")
            else:
                discard(batch_id=batch_id, actor=ACTOR, reason=options["reason"])
                self._say({"batch": batch_id, "discarded": True}, f"Batch {batch_id} is no dead letter any more.")
        except Problem as problem:
            raise asked(problem) from problem

    def _list(self) -> None:
        letters = [row(batch) for batch in waiting().order_by("pk")[:SHOWN]]
        lines = [
            f"{letter['batch']:>9}  {letter['id']}  store {letter['store']}  campaign {letter['campaign']}  "
            f"{letter['failed']:,} failed  {letter['error_class']}  {letter['error']}"
            for letter in letters
        ]
        self._say({"dead_letters": letters}, "\n".join(lines) or "There are no dead letters.")

    def _say(self, facts: dict[str, Any], words: str) -> None:
        say(self.stdout, facts, words, as_json=self.as_json)


def row(batch: Any) -> dict[str, Any]:
    """A dead letter as it is shown; `batch` has the annotation `failed`."""
    letter: SendBatch = batch
    return {
        "batch": letter.pk,
        "id": public_id(letter.pk, kind="bat"),
        "store": letter.store_id,
        "campaign": letter.campaign_id,
        "failed": batch.failed,
        "attempt": letter.attempt,
        "account": letter.account_id,
        "called_at": letter.called_at.isoformat() if letter.called_at else None,
        "error_class": letter.error_class,
        "error": letter.error,
    }
