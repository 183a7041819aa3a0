"""Credits: the balance, what was booked, what is held."""

from django.http import HttpRequest, HttpResponse

from billing.models.accounts import KINDS
from messaging.console.pages import page, show
from messaging.console.reading import leaf


@page(nav="billing")
def billing(request: HttpRequest) -> HttpResponse:
    """The balance and the ledger."""
    return show(request, "billing.html", rows=leaf(request, "billing/ledger", filters=("kind",)), kinds=KINDS)


@page(nav="billing")
def holds(request: HttpRequest) -> HttpResponse:
    """What is held for campaigns."""
    return show(request, "holds.html", rows=leaf(request, "billing/reservations", filters=("state",)))
