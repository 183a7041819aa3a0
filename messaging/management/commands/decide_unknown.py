"""`manage.py decide_unknown`: staff's word on recipients whose outcome nobody knows."""

from argparse import ArgumentParser
from contextlib import nullcontext
from typing import Any

from django.core.management.base import BaseCommand

from campaigns.models import Campaign, CampaignRecipient
from config.audit import Actor
from config.commands import number_of, reason_of, say
from config.progressbar import Bar
from messaging.unknown import decide

ACTOR = Actor("command:decide_unknown")


class Command(BaseCommand):
    """Settle a campaign's unknown recipients by hand: as accepted (billed) or as unconfirmed (credits back).

    Without --yes it only says how many there are. Receipts that come later still count. Exit 0: done; 2: no such
    campaign, or no reason.
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
        rows = Campaign.objects.all()
        campaign_id = number_of(options["campaign"], kind="cmp", exists=lambda pk: rows.filter(pk=pk).exists())
        reason_of(options)
        unknown = CampaignRecipient.objects.filter(campaign_id=campaign_id, status="unknown").count()
        decided = self._decide(campaign_id, unknown, options) if options["yes"] else 0
        words = f"{unknown:,} recipients are unknown. Nothing was changed: --yes decides them."
        if options["yes"]:
            words = f"{decided:,} of {unknown:,} unknown recipients are decided."
        facts = {"campaign": campaign_id, "unknown": unknown, "decided": decided}
        say(self.stdout, facts, words, as_json=options["json"])

    def _decide(self, campaign_id: int, unknown: int, options: dict[str, Any]) -> int:
        done = 0
        with nullcontext() if options["json"] else Bar("decide", total=unknown) as bar:
            while done < unknown and (
                number := decide(
                    campaign_id=campaign_id, accepted=options["accepted"], actor=ACTOR, reason=options["reason"]
                )
            ):
                done += number
                if bar is not None:
                    bar.show(done)
        return done
