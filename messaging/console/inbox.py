"""Texts from people: what they wrote, what was read in it, and what somebody has to decide."""

from django.http import HttpRequest, HttpResponse

from messaging.console.pages import page, show
from messaging.console.reading import leaf
from messaging.inbound.serializers import READ

FILTERS = ("meaning", "review", "contact", "since", "until")


@page(nav="inbox")
def inbox(request: HttpRequest) -> HttpResponse:
    """The texts, newest first. `?review=open` is the review list: who most likely wants no more."""
    rows = leaf(request, "inbound", filters=FILTERS, limit=25)
    waiting = leaf(request, "inbound", review="open", limit=1) if request.GET.get("review") != "open" else rows
    return show(request, "inbox.html", rows=rows, waiting=bool(len(waiting)), meanings=READ)
