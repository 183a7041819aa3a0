"""`manage.py decide_unknown`: staff's word on recipients whose outcome nobody knows."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns.models import Campaign, CampaignRecipient
from config.audit import Actor
from config.opaque import private_id
from config.progressbar import Bar
from messaging.unknown import decide

ACTOR = Actor("command:decide_unknown")


class Command(BaseCommand):
    """Settle a campaign's unknown recipients by hand: as accepted (billed) or as unconfirmed (credits back).

    Without --yes it only says how many there are. Receipts that come later still count.
    """

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which campaign, which way, and why."""
        parser.add_argument("--campaign", required=True, metavar="ID", help="a number or cmp_…")
        way = parser.add_mutually_exclusive_group(required=True)
        way.add_argument("--accepted", action="store_true", help="the provider proved that it took them: bill them")
        way.add_argument("--unconfirmed", action="store_true", help="give them up: their credits go back")
        parser.add_argument("--reason", required=True, help="the proof, or why it is given up; for the audit")
        parser.add_argument("--yes", action="store_true", help="do it")
        parser.add_argument("--json", action="store_true", help="print one JSON object, no progress")

    def handle(self, **options: Any) -> None:
        """Count, and decide when told to."""
        campaign_id = number_of(options["campaign"])
        if not options["reason"].strip():
            raise CommandError("Say why: --reason.")
        unknown = CampaignRecipient.objects.filter(campaign_id=campaign_id, status="unknown").count()
        decided = self._decide(campaign_id, unknown, options) if options["yes"] else 0
        if options["json"]:
            self.stdout.write(json.dumps({"campaign": campaign_id, "unknown": unknown, "decided": decided}))
        elif options["yes"]:
            self.stdout.write(f"{decided:,} of {unknown:,} unknown recipients are decided.")
        else:
            self.stdout.write(f"{unknown:,} recipients are unknown. Nothing was changed: --yes decides them.")

    def _decide(self, campaign_id: int, unknown: int, options: dict[str, Any]) -> int:
        done = 0
        with Bar("decide", total=0 if options["json"] else unknown) as bar:
            while done < unknown and (
                number := decide(
                    campaign_id=campaign_id, accepted=options["accepted"], actor=ACTOR, reason=options["reason"]
                )
            ):
                done += number
                if not options["json"]:
                    bar.show(done)
        return done


def number_of(text: str) -> int:
    """The campaign that an operator names. Raises CommandError for one that does not exist."""
    number = int(text) if text.isascii() and text.isdigit() else private_id(text, kind="cmp")
    if number is None or not Campaign.objects.filter(pk=number).exists():
        raise CommandError(f"There is no campaign {text!r}.")
    return number
