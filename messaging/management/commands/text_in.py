"""A person texts one of our numbers: handed to the webhook by the provider simulator, as a provider does."""

from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from messaging.models import ProviderAccount

TIMEOUT = 10


class Command(BaseCommand):
    """`manage.py text_in +306971234567 STOP`, for the demo, tests and people who want to see what happens."""

    help = "Let the provider simulator hand over a text from a phone, as if a person had sent it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who, what, to which number, over which account."""
        parser.add_argument("phone", help="who texts: +306971234567")
        parser.add_argument("text", nargs="+", help="what: STOP")
        parser.add_argument("--to", default="12345", help="our number that is texted")
        parser.add_argument("--account", default="Simulator", help="name of the provider account")
        parser.add_argument("--id", default="", help="the provider's id of the text; the same id is the same text")

    def handle(self, *args: Any, **options: Any) -> None:
        """Set the account's address in the simulator's plan, then hand the text over."""
        account = ProviderAccount.objects.filter(name=options["account"]).first()
        if account is None:
            raise CommandError(f"There is no provider account {options['account']}.")
        text = {"from": options["phone"], "to": options["to"], "text": " ".join(options["text"])}
        if options["id"]:
            text["messageId"] = options["id"]
        answer = hand_over(account, text)
        if answer != 200:
            raise CommandError(f"The webhook answered {answer or 'nothing'}.")
        self.stdout.write(f"{options['phone']} texted {options['to']}: taken")


def hand_over(account: ProviderAccount, text: dict[str, str]) -> int:
    """Let the simulator at the account's base URL hand a text {from, to, text, messageId} over; the webhook's status.

    Of the simulator's plan only the address of texts and the secret are set. Raises CommandError without a simulator.
    """
    secret = account.credentials.get("webhook_secret") or account.credentials.get("auth_token", "")
    address = settings.PUBLIC_URL + reverse("inbound", args=[account.slug])
    try:
        plan = requests.get(f"{account.base_url}/_plan", timeout=TIMEOUT).json()
        receipts = {**plan["receipts"], "inbound_url": address, "secret": secret}
        requests.patch(f"{account.base_url}/_plan", json={"receipts": receipts}, timeout=TIMEOUT).raise_for_status()
        answer = requests.post(f"{account.base_url}/_inbound?as={account.provider}", json=text, timeout=TIMEOUT)
        return int(answer.json()["webhook_status"])
    except (requests.RequestException, KeyError, ValueError) as error:
        raise CommandError(f"No provider simulator at {account.base_url}: {type(error).__name__}") from error
