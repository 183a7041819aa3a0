"""`manage.py reset_second_factor`: for a member of staff who lost the phone and the recovery codes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from audiences.models import User
from audiences.services.second_factor import reset
from config.audit import Actor
from config.commands import BadInput, asked, reason_of, say
from config.problems import Problem

ACTOR = Actor("command:reset_second_factor")


class Command(BaseCommand):
    """Forget a person's authenticator app and recovery codes: the next login with the password sets up new ones.

    Exit 0: done; 1: refused, e.g. there is none; 2: no such person, or no reason.
    """

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, and how it is known that it is they who ask."""
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="how you know that it is they who ask; for the audit")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        """Do it; a refusal is exit 1 and changes nothing."""
        user = User.objects.filter(email=options["email"].lower()).first()
        if user is None:
            raise BadInput("USER_NOT_FOUND", f"There is nobody with the address {options['email']}.")
        try:
            reset(user_id=user.pk, actor=ACTOR, reason=reason_of(options))
        except Problem as problem:
            raise asked(problem) from problem
        done = {"user": user.pk, "second_factor": None}
        words = f"{user.email} has no second factor any more; the next login sets one up."
        say(self.stdout, done, words, as_json=options["json"])
