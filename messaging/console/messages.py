"""The message log."""

from django.http import HttpRequest, HttpResponse

from messaging.console.pages import page, show
from messaging.console.reading import leaf

KINDS = ("attempt", "receipt", "poll", "late", "decision")
FILTERS = ("kind", "outcome", "campaign", "contact", "since", "until")


@page(nav="messages")
def messages(request: HttpRequest) -> HttpResponse:
    """Every attempt, receipt and decision, newest first. Narrowed by kind, or to one contact."""
    return show(request, "messages.html", rows=leaf(request, "messages", filters=FILTERS), kinds=KINDS)
