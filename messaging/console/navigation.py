"""Where one can go: a line per place, in the order of the sidebar."""

from collections.abc import Collection
from typing import NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Place(NamedTuple):
    """A line of the sidebar. `needs`: the scope without which it is not shown; `group` begins a new group."""

    name: str
    label: str | Promise
    icon: str
    needs: str = "read"
    group: str | Promise = ""


PLACES = (
    Place("dashboard", _("Dashboard"), "home"),
    Place("campaigns", _("Campaigns"), "send", group=_("Send")),
    Place("automations", _("Automations"), "bolt"),
    Place("texts", _("Templates"), "text"),
    Place("contacts", _("Contacts"), "people", group=_("Audience")),
    Place("segments", _("Segments"), "filter"),
    Place("lists", _("Lists"), "lists"),
    Place("imports", _("Imports"), "import"),
    Place("inbox", _("Texts received"), "inbox", group=_("Messages")),
    Place("messages", _("Message log"), "log"),
    Place("billing", _("Billing"), "card", group=_("Store")),
    Place("settings", _("Settings"), "settings"),
)
# The tabs of the settings.
TABS = (
    Place("settings", _("Store"), ""),
    Place("custom_fields", _("Fields of contacts"), ""),
    Place("join_page", _("Join page"), ""),
    Place("answers", _("Answers"), ""),
    Place("members", _("Members"), "", needs="admin"),
    Place("keys", _("API keys"), "", needs="admin"),
    Place("webhooks", _("Webhooks"), "", needs="admin"),
)


class Link(NamedTuple):
    """A place as it is shown to somebody."""

    place: Place
    address: str
    current: bool


def links(places: Collection[Place], *, scopes: Collection[str], current: str) -> list[Link]:
    """The places that somebody with these scopes may go to."""
    return [
        Link(place, reverse(f"console:{place.name}"), place.name == current)
        for place in places
        if place.needs in scopes
    ]
