"""`manage.py send_campaign`: price a campaign, and send it when told to."""

import time
from argparse import ArgumentParser
from contextlib import nullcontext
from typing import Any

from django.core.management.base import BaseCommand

from audiences import audience
from audiences.models import ContactList, Segment, Store
from campaigns import progress
from campaigns.drafts import Draft
from campaigns.models import Campaign, Quote
from campaigns.quotes import make_quote
from campaigns.services.edit import create
from campaigns.services.launch import launch
from campaigns.states import CAMPAIGN_ENDED
from config.audit import Actor
from config.commands import BadInput, Refused, asked, number_of, say
from config.opaque import public_id
from config.problems import Problem
from config.progressbar import Bar

ACTOR = Actor("command:send_campaign")
LOOK_SECONDS = 0.5


class Command(BaseCommand):
    """Price a campaign, existing or new; with --yes send it for exactly that price; with --wait follow it to its end.

    Without --yes nothing is sent, held or saved but the quote. A campaign is sent once: a second call is refused. It is
    workers that send: without any it waits. Exit 0: priced, or sent; 1: refused (too few credits, the price is over
    --max-credits, it is being sent already), or it ended as failed or cancelled; 2: no such campaign, store, list.
    """

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which campaign, or what a new one says to whom; and whether to do it."""
        parser.add_argument("--campaign", metavar="ID", help="a draft or scheduled one: a number or cmp_…")
        parser.add_argument("--store", metavar="SLUG", help="of a new campaign")
        parser.add_argument("--name", default="", help="of a new campaign")
        parser.add_argument("--message", default="", help="with placeholders such as {{first_name|there}}")
        whom = parser.add_mutually_exclusive_group()
        whom.add_argument("--all", action="store_true", help="to every contact who may be texted")
        whom.add_argument("--list", metavar="NAME", help="to a list")
        whom.add_argument("--segment", metavar="NAME", help="to a segment")
        parser.add_argument("--max-credits", type=int, metavar="N", help="refuse a higher price")
        parser.add_argument("--yes", action="store_true", help="send it; without, it is only priced")
        parser.add_argument("--wait", action="store_true", help="with --yes: until it has ended")
        parser.add_argument("--json", action="store_true", help="print one JSON object, no progress")

    def handle(self, **options: Any) -> None:
        """Price, send, follow; a refusal of a service changes nothing."""
        try:
            store, draft, campaign = chosen(options)
            quote = make_quote(store=store, draft=draft, campaign_id=campaign.pk if campaign else None)
            _check_price(quote, options["max_credits"])
            if not options["yes"]:
                self._say(quote, campaign, sent=False, as_json=options["json"])
                return
            campaign = campaign or create(store=store, fields=fields_of(store, options), actor=ACTOR)
            launch(store_id=store.pk, campaign_id=campaign.pk, quote_id=quote.pk, actor=ACTOR)
        except Problem as problem:
            raise asked(problem) from problem
        if options["wait"]:
            follow(campaign.pk, quiet=options["json"])
        campaign.refresh_from_db()
        self._say(quote, campaign, sent=True, as_json=options["json"])
        if campaign.status in {"failed", "cancelled"}:
            raise Refused("NOT_COMPLETED", f"The campaign is {campaign.status}: {campaign.reason}")

    def _say(self, quote: Quote, campaign: Campaign | None, *, sent: bool, as_json: bool) -> None:
        facts = {
            "campaign": public_id(campaign.pk, kind="cmp") if campaign else None,
            "status": campaign.status if campaign else None,
            "recipients": quote.recipients,
            "parts": quote.parts,
            "credits": quote.credits,
            "exclusions": quote.exclusions,
            "sent": sent,
            "counts": progress.read(campaign.pk).counts if campaign and sent else {},
        }
        price = f"{quote.recipients:,} recipients, {quote.parts:,} parts, {quote.credits:,} credits"
        if not sent:
            say(self.stdout, facts, f"{price}. Nothing was sent: --yes sends it.", as_json=as_json)
            return
        counts = ", ".join(f"{number:,} {name}" for name, number in facts["counts"].items() if number)
        say(self.stdout, facts, f"{facts['campaign']} is {facts['status']}: {price}. {counts}", as_json=as_json)


def chosen(options: dict[str, Any]) -> tuple[Store, Draft, Campaign | None]:
    """The store, what is to be priced, and the campaign when there is one already. Raises BadInput, Problem."""
    if options["campaign"]:
        rows = Campaign.objects.select_related("store")
        key = number_of(options["campaign"], kind="cmp", exists=lambda pk: rows.filter(pk=pk).exists())
        campaign = rows.get(pk=key)
        return campaign.store, Draft.of(campaign), campaign
    store = Store.objects.filter(slug=options["store"] or "").first()
    if store is None:
        raise BadInput("STORE_NOT_FOUND", f"Name a --campaign, or a --store that exists: {options['store']!r}.")
    if not (options["name"] and options["message"]):
        raise BadInput("CONTENT_REQUIRED", "A new campaign needs --name and --message.")
    fields = {name: value for name, value in fields_of(store, options).items() if name != "name"}
    return store, Draft.unsaved(store=store, fields=fields), None


def fields_of(store: Store, options: dict[str, Any]) -> dict[str, Any]:
    """The fields of a new campaign, the audience in its stored form. Raises BadInput, AudienceInvalid."""
    return {
        "name": options["name"],
        "message": options["message"],
        "kind": "marketing",
        "on_missing": "blank",
        "audience": audience.parse(store_id=store.pk, data=audience_of(store, options)),
    }


def audience_of(store: Store, options: dict[str, Any]) -> dict[str, Any]:
    """The audience as a request would say it. Raises BadInput."""
    if options["all"]:
        return {"all": True}
    name = options["list"] or options["segment"]
    if not name:
        raise BadInput("AUDIENCE_REQUIRED", "To whom? --all, --list or --segment.")
    what, kind, model = ("list", "lst", ContactList) if options["list"] else ("segment", "seg", Segment)
    row = model._default_manager.filter(store=store, name=name).first()
    if row is None:
        raise BadInput("AUDIENCE_NOT_FOUND", f"The store has no {what} {name!r}.")
    return {what: public_id(row.pk, kind=kind)}


def _check_price(quote: Quote, most: int | None) -> None:
    if most is not None and quote.credits > most:
        raise Refused("PRICE_TOO_HIGH", f"It costs {quote.credits:,} credits; --max-credits is {most:,}.")


def follow(campaign_id: int, *, quiet: bool) -> None:
    """Look at the counters until the campaign has ended, with a bar."""
    with nullcontext() if quiet else Bar("Sending", total=progress.read(campaign_id).expected) as bar:
        while True:
            now = progress.read(campaign_id)
            if bar is not None:
                bar.show(now.audience - now.counts["pending"], note=now.status)
            if now.status in CAMPAIGN_ENDED:
                return
            time.sleep(LOOK_SECONDS)
