"""`manage.py grant_credits`: give a store credits by hand."""

from argparse import ArgumentParser
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand

from audiences.management.commands.stores import store_of
from billing.services import account_of, grant
from config.audit import Actor
from config.commands import BadInput, asked, say
from config.problems import Problem


class Command(BaseCommand):
    """Give a store credits. With --key, repeating the command gives them once.

    Exit 0: granted, or granted already; 1: refused; 2: no such store, or no amount.
    """

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--store", required=True, metavar="SLUG")
        parser.add_argument("--amount", required=True, type=int, help="credits, at least 1")
        parser.add_argument("--reason", required=True, help="shown in the ledger and in the audit")
        parser.add_argument("--key", help="what makes the grant happen once, e.g. an invoice number")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["amount"] < 1:
            raise BadInput("BAD_AMOUNT", "--amount is a number of credits, at least 1.")
        store = store_of(options["store"])
        try:
            entry = grant(
                store_id=store.pk,
                amount=options["amount"],
                key=f"grant:{options['key'] or uuid4()}",
                label=options["reason"],
                actor=Actor("command:grant_credits"),
            )
        except Problem as problem:
            raise asked(problem) from problem
        available = account_of(store.pk).available
        facts = {"store": store.slug, "amount": entry.amount, "key": entry.key, "repeated": entry.repeated}
        done = "Already granted, nothing changed" if entry.repeated else f"Granted {entry.amount} credits"
        words = f"{done}: {store.slug} has {available} available ({entry.key})."
        say(self.stdout, {**facts, "available": available}, words, as_json=options["json"])
