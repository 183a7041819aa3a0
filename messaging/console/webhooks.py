"""Webhook endpoints and what was delivered to them."""

from django.http import HttpRequest, HttpResponse

from messaging.console.pages import page, show
from messaging.console.reading import leaf, read
from messaging.models.hooks import EVENTS

STATES = ("pending", "sending", "delivered", "dead")


@page(nav="webhooks", needs="admin")
def webhooks(request: HttpRequest) -> HttpResponse:
    """The store's endpoints."""
    return show(request, "webhooks.html", rows=leaf(request, "webhooks"), events=EVENTS)


@page(nav="webhooks", needs="admin")
def one(request: HttpRequest, id: str) -> HttpResponse:
    """An endpoint and its delivery log."""
    rows = leaf(request, f"webhooks/{id}/deliveries", filters=("state", "event"))
    return show(request, "webhook.html", hook=read(request, f"webhooks/{id}"), rows=rows, events=EVENTS, states=STATES)


@page(nav="webhooks", needs="admin")
def delivery(request: HttpRequest, id: str) -> HttpResponse:
    """A delivery: its body and every attempt."""
    return show(request, "delivery.html", seen=read(request, f"webhook-deliveries/{id}"))
