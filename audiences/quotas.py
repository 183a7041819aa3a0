"""How often a store may ask: what a request counts as."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from django.conf import settings
from rest_framework.request import Request

from audiences.auth import Caller, page_visitor
from config.rates import Quota

Handler = TypeVar("Handler", bound=Callable[..., Any])


class Window(NamedTuple):
    """A setting with a number of requests, and the seconds in which they may come."""

    setting: str
    seconds: int


WINDOWS = {
    "general": Window("API_RATE_GENERAL", 60),
    "send": Window("API_RATE_SEND", 60),
    "import": Window("API_RATE_IMPORT", 300),
    "events": Window("API_RATE_EVENTS", 60),
}


def counts_as(name: str, *, alone: bool = False) -> Callable[[Handler], Handler]:
    """Let an action count against a quota of its own as well: `send` for what spends or sends, or `import`.

    `alone`: against that one only, so that what comes by the thousand leaves the others their room.
    """

    def mark(handler: Handler) -> Handler:
        handler.counts_as = name  # type: ignore[attr-defined]
        handler.counts_alone = alone  # type: ignore[attr-defined]
        return handler

    return mark


def quotas_of(view: Any, request: Request) -> list[Quota]:
    """The quotas that a request counts against.

    What spends is counted for the store, whoever asks. Anything else by a key is counted for the store, by a person for
    the person: an integration that runs wild must not shut the console, and the other way round.
    """
    if view.unlimited or page_visitor(request) is not None:
        return []
    store = f"store:{request.auth.store_id}" if isinstance(request.auth, Caller) else "nowhere"
    person = f":user:{request.user.pk}" if request.user and request.user.is_authenticated else ""
    general = _quota("general", whose=store + person)
    handler = getattr(view, view.action or "", None)
    special = getattr(handler, "counts_as", None)
    if special is None:
        return [general]
    own = _quota(special, whose=store)
    return [own] if getattr(handler, "counts_alone", False) else [general, own]


def quota_of_person(caller: Caller) -> Quota:
    """What a page of the console counts against: the same as any request of that person."""
    person = f":user:{caller.user.pk}" if caller.user else ""
    return _quota("general", whose=f"store:{caller.store_id}{person}")


def _quota(name: str, *, whose: str) -> Quota:
    window = WINDOWS[name]
    return Quota(name, getattr(settings, window.setting), window.seconds, whose)
