"""`manage.py stores`: list, make and switch stores."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand

from audiences.models import Store, User
from audiences.services.stores import create_store
from audiences.services.switch import set_active, set_sending
from config.audit import Actor
from config.commands import BadInput, asked, reason_of, say
from config.opaque import public_id
from config.problems import Problem

ACTOR = Actor("command:stores")
SHOWN = 1000
LINE = "{slug:<24} {status:<10} {sending:<8} {country:<3} {name}"
# Action -> what it calls; each needs a reason.
SWITCHES: dict[str, Callable[..., None]] = {
    "suspend": lambda **given: set_active(active=False, **given),
    "activate": lambda **given: set_active(active=True, **given),
    "stop-sending": lambda **given: set_sending(allowed=False, **given),
    "allow-sending": lambda **given: set_sending(allowed=True, **given),
}


class Command(BaseCommand):
    """List stores, show or create one, suspend or activate one, stop or allow its sending.

    A suspended store refuses its members and keys and sends nothing; with its sending stopped it works otherwise. Rows
    stay where they are and go on when the switch is turned back. Exit 0: done; 1: refused, e.g. it is so already; 2: no
    such store.
    """

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One action; every one takes --json."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        listing = actions.add_parser("list", help=f"the first {SHOWN} by name")
        shown = actions.add_parser("show", help="one store")
        made = actions.add_parser("create", help="a new one")
        made.add_argument("--name", required=True)
        made.add_argument("--slug", required=True, help="of its addresses, e.g. my-shop")
        made.add_argument("--country", required=True, help="ISO 3166, e.g. GR: whose numbers are written without +30")
        made.add_argument("--sender", required=True, help="from whom messages come: at most 11 letters, or a number")
        made.add_argument("--time-zone", default="UTC", help="IANA, e.g. Europe/Athens")
        made.add_argument("--owner", metavar="EMAIL", help="a user who becomes its owner")
        switches = [actions.add_parser(name, help=name.replace("-", " ")) for name in SWITCHES]
        for one in (shown, *switches):
            one.add_argument("slug", metavar="SLUG")
        for one in switches:
            one.add_argument("--reason", required=True, help="for the audit")
        for one in (listing, shown, made, *switches):
            one.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, **options: Any) -> None:
        """Do it; a refusal changes nothing."""
        action = options["action"]
        try:
            if action == "list":
                found = [facts(store) for store in Store.objects.order_by("name", "pk")[:SHOWN]]
                words = "\n".join(LINE.format(**one) for one in found) or "There are no stores."
                say(self.stdout, {"stores": found}, words, as_json=options["json"])
                return
            store = create(options) if action == "create" else store_of(options["slug"])
            if action in SWITCHES:
                SWITCHES[action](store_id=store.pk, actor=ACTOR, reason=reason_of(options))
                store.refresh_from_db()
        except Problem as problem:
            raise asked(problem) from problem
        shown = facts(store)
        words = "\n".join(f"{name:<12} {value}" for name, value in shown.items())
        say(self.stdout, {"store": shown}, words, as_json=options["json"])


def store_of(slug: str) -> Store:
    """The store that an operator names. Raises BadInput."""
    store = Store.objects.filter(slug=slug).first()
    if store is None:
        raise BadInput("STORE_NOT_FOUND", f"There is no store {slug!r}.")
    return store


def create(options: dict[str, Any]) -> Store:
    """A new store, by the service."""
    owner = None
    if email := options["owner"]:
        owner = User.objects.filter(email__iexact=email).first()
        if owner is None:
            raise BadInput("USER_NOT_FOUND", f"There is no user {email!r}.")
    return create_store(
        name=options["name"],
        slug=options["slug"],
        country=options["country"],
        sender=options["sender"],
        time_zone=options["time_zone"],
        owner=owner,
        actor=ACTOR,
    )


def facts(store: Store) -> dict[str, Any]:
    """A store as it is shown."""
    return {
        "id": public_id(store.pk, kind="str"),
        "number": store.pk,
        "slug": store.slug,
        "name": store.name,
        "status": store.status,
        "sending": "stopped" if store.sending_stopped else "allowed",
        "country": store.country,
        "time_zone": store.time_zone,
        "sender": store.sender,
        "created_at": store.created_at.isoformat(),
    }
