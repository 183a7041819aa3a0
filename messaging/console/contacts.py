"""Contacts: who they are, what they agreed to, what they got."""

from django.http import HttpRequest, HttpResponse

from audiences.models import ConsentEvent
from audiences.models.contacts import CONSENTS
from config.opaque import private_id
from messaging.console.pages import caller, page, show
from messaging.console.reading import leaf, read

HISTORY_SHOWN = 50
MESSAGES_SHOWN = 20


@page(nav="contacts")
def contacts(request: HttpRequest) -> HttpResponse:
    """The store's contacts, newest first. Names and phones are looked for by a script: they stay out of addresses."""
    rows = leaf(request, "contacts", filters=("consent", "country"))
    return show(request, "contacts.html", rows=rows, consents=CONSENTS)


@page(nav="contacts", needs="send")
def new(request: HttpRequest) -> HttpResponse:
    """An empty form."""
    return show(request, "contact_form.html", custom=custom_fields(request, {}), consents=CONSENTS)


@page(nav="contacts")
def contact(request: HttpRequest, id: str) -> HttpResponse:
    """One contact, with the history of consent and the latest messages."""
    seen = read(request, f"contacts/{id}")
    events = ConsentEvent.objects.filter(
        contact_id=private_id(id, kind="con") or 0, contact__store=caller(request).store
    )
    return show(
        request,
        "contact.html",
        contact=seen,
        custom=custom_fields(request, seen["fields"]),
        consents=list(events.order_by("-pk")[:HISTORY_SHOWN]),
        messages=read(request, "messages", contact=id, limit=MESSAGES_SHOWN)["results"],
    )


def custom_fields(request: HttpRequest, values: dict[str, object]) -> list[tuple[str, str, object]]:
    """(name, kind, value) of each custom field of the store."""
    kinds = caller(request).store.custom_fields
    return [(name, kinds[name], values.get(name, "")) for name in sorted(kinds)]
