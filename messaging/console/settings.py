"""The store's settings, its members and the keys of its integrations."""

from functools import cache
from zoneinfo import available_timezones

from django.http import HttpRequest, HttpResponse

from audiences.models.stores import ROLES, SCOPES
from messaging.console.pages import page, show
from messaging.console.reading import leaf, read

FIELD_KINDS = ("text", "number", "date", "yes_no")


@page(nav="settings")
def store(request: HttpRequest) -> HttpResponse:
    """What the store is called, where it is, and what it never does to its customers."""
    return show(request, "settings.html", seen=read(request, "store"), zones=_zones())


@cache
def _zones() -> list[str]:
    """Names of places; looked for in some hundred files."""
    names = (name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    return ["UTC", *sorted(names)]


@page(nav="custom_fields")
def custom_fields(request: HttpRequest) -> HttpResponse:
    """What the store keeps of its contacts beside names and numbers."""
    kinds = read(request, "store", fields="custom_fields")["custom_fields"]
    rows = [*sorted(kinds.items()), ("", "text")]
    return show(request, "custom_fields.html", rows=rows, none=not kinds, kinds=FIELD_KINDS)


@page(nav="join_page")
def join_page(request: HttpRequest) -> HttpResponse:
    """The page on which people sign up by themselves, with its code to print."""
    return show(request, "join_page.html", seen=read(request, "store/join"))


@page(nav="answers")
def answers(request: HttpRequest) -> HttpResponse:
    """How the store answers texts."""
    return show(request, "answers.html", seen=read(request, "store/inbound"))


@page(nav="members", needs="admin")
def members(request: HttpRequest) -> HttpResponse:
    """Who works for the store."""
    return show(request, "members.html", rows=leaf(request, "members"), roles=ROLES)


@page(nav="keys", needs="admin")
def keys(request: HttpRequest) -> HttpResponse:
    """Keys of integrations."""
    return show(request, "keys.html", rows=leaf(request, "api-keys"), choices=SCOPES)
