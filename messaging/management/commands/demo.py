import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from audiences.models import ContactList
from campaigns.models import Campaign
from config.opaque import private_id, public_id
from messaging.demo import contacts, drive, seed, summary


class Command(BaseCommand):
    """Make a store, import contacts, send a campaign over the API and show that everything adds up."""

    help = "The whole road on the running processes; bin/demo starts those and calls this."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do not print how to go on")
        parser.add_argument("--json", action="store_true", help="the sums as one JSON object on the last line")
        parser.add_argument("--recipients", type=int, default=10_000, help="rows of the CSV (10000)")
        parser.add_argument("--patience", type=float, default=60, help="give up after so many seconds without progress")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        seeded = seed.seed(credits=max(seed.CREDITS, 4 * options["recipients"]))
        api = drive.Api(seeded.api_key)
        try:
            drive.plan_simulator(seeded)
            campaign_id = self._unfinished(seeded) or self._new(seeded, api, rows=options["recipients"])
            drive.watch(api, campaign_id, patience_seconds=options["patience"])
        except drive.DemoFailed as failed:
            raise CommandError(str(failed)) from failed
        connection.close()  # it may have been cut while we watched over the API
        campaign = Campaign.objects.get(pk=private_id(campaign_id, kind="cmp") or 0)
        sums = summary.summarise(campaign, seconds=time.monotonic() - started)
        self._print(sums, seeded, once=options["once"])
        if options["json"]:
            self.stdout.write(orjson.dumps(sums).decode())
        if wrong := summary.complaints(sums):
            raise CommandError("; ".join(wrong))

    def _unfinished(self, seeded: seed.Seeded) -> str | None:
        """A campaign that an earlier demo started and that is still under way."""
        live = Campaign.objects.filter(store=seeded.store, status="sending").order_by("-pk").first()
        if live is None:
            return None
        self._say(f"Going on with “{live.name}”, which was interrupted.")
        return public_id(live.pk, kind="cmp")

    def _new(self, seeded: seed.Seeded, api: drive.Api, *, rows: int) -> str:
        folder = Path(settings.LOCAL_DIR)
        audience: ContactList = contacts.ensure(seeded.store, folder=folder, rows=rows)
        return drive.start_campaign(api, list_id=public_id(audience.pk, kind="lst"))

    def _print(self, sums: dict[str, Any], seeded: seed.Seeded, *, once: bool) -> None:
        for name, value in sums.items():
            self._say(f"  {name.replace('_', ' '):<22}{shown(value):>12}")
        if once:
            return
        self._say(f"\nMerchant console    {settings.PUBLIC_URL}/   {seed.OWNER}   {seeded.passwords[seed.OWNER]}")
        self._say(f"API documentation   {settings.PUBLIC_URL}/api/v1/docs   key {seeded.api_key}")
        self._say(f"Ops console         {settings.PUBLIC_URL}/admin/   {seed.STAFF}   {seeded.passwords[seed.STAFF]}")

    def _say(self, line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def shown(value: Any) -> str:
    """A sum as people read it."""
    if isinstance(value, dict):
        return ", ".join(f"{number:,} {reason.replace('_', ' ')}" for reason, number in value.items()) or "nobody"
    return f"{value:,}" if isinstance(value, int) else str(value)
