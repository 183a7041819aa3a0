"""`manage.py replay_receipts`: judge receipts again that fitted no message."""

from argparse import ArgumentParser
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from config.audit import Actor
from config.commands import BadInput, reason_of, say
from config.progressbar import Bar
from messaging.models import ProviderAccount, Receipt
from messaging.receipts.judge_again import given_up, replay

ACTOR = Actor("command:replay_receipts")


class Command(BaseCommand):
    """Say how many receipts fit no message; with --yes have them judged again by the workers.

    For when a reason has gone: an account was mended, rows were restored. Nothing counts twice. Calls that nobody could
    read are only counted: their text is under Receipts in the ops console. Exit 0: done; 2: no such account, no reason.
    """

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which, and whether to do it."""
        parser.add_argument("--account", metavar="NAME", help="of this provider account only")
        parser.add_argument("--hours", type=float, default=72, help="that came in the last so many hours (72)")
        parser.add_argument("--reason", default="", help="for the audit; needed with --yes")
        parser.add_argument("--yes", action="store_true", help="do it; without, nothing is changed")
        parser.add_argument("--json", action="store_true", help="print one JSON object, no progress")

    def handle(self, **options: Any) -> None:
        """Count, and replay when told to."""
        if options["hours"] <= 0:
            raise BadInput("BAD_HOURS", "--hours is more than 0.")
        account_id = account_of(options["account"])
        since = timezone.now() - timedelta(hours=options["hours"])
        found = given_up(account_id=account_id, since=since).count()
        unreadable = Receipt.objects.exclude(raw="").filter(received_at__gte=since).count()
        replayed = 0
        if options["yes"]:
            given = {"account_id": account_id, "since": since, "reason": reason_of(options)}
            replayed = run(given, total=found, quiet=options["json"])
        facts = {"unmatched": found, "unreadable": unreadable, "replayed": replayed}
        words = f"{found:,} receipts fit no message; {unreadable:,} calls could not be read. "
        words += f"{replayed:,} are judged again." if options["yes"] else "Nothing was changed: --yes replays them."
        say(self.stdout, facts, words, as_json=options["json"])


def account_of(name: str | None) -> int | None:
    """The account that an operator names; None for all. Raises BadInput."""
    if name is None:
        return None
    account = ProviderAccount.objects.filter(name=name).first()
    if account is None:
        raise BadInput("ACCOUNT_NOT_FOUND", f"There is no provider account {name!r}.")
    return account.pk


def run(given: dict[str, Any], *, total: int, quiet: bool) -> int:
    """Replay all of them, some at a time."""
    done = after = 0
    with nullcontext() if quiet else Bar("replay", total=total) as bar:
        while True:
            number, after = replay(after=after, actor=ACTOR, **given)
            if not number:
                return done
            done += number
            if bar is not None:
                bar.show(done)
