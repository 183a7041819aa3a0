"""Credits: the balance, what was booked, what is held, what can be bought, what was invoiced, the plan and the caps."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from billing.models.accounts import KINDS
from billing.payments.gateway import available
from billing.states import ENDED
from messaging.console.pages import page, show
from messaging.console.reading import leaf, read

MONTHS_SHOWN = 13
PRICES_SHOWN = 200  # the API's largest page


@page(nav="billing")
def billing(request: HttpRequest) -> HttpResponse:
    """The balance and the ledger."""
    return show(request, "billing.html", rows=leaf(request, "billing/ledger", filters=("kind",)), kinds=KINDS)


@page(nav="billing")
def holds(request: HttpRequest) -> HttpResponse:
    """What is held for campaigns."""
    return show(request, "holds.html", rows=leaf(request, "billing/reservations", filters=("state",)))


@page(nav="billing")
def buy(request: HttpRequest) -> HttpResponse:
    """Credits and plans, paid on a page of the payment provider's; where cards are not taken, staff is asked."""
    seen = read(request, "billing/subscription")
    packages = read(request, "billing/packages", limit=50)["results"]
    return show(
        request,
        "buy.html",
        packages=sorted(packages, key=lambda one: one["credits"]),
        plans=read(request, "billing/plans", limit=50)["results"],
        seen=seen,
        subscribed=bool(seen["plan"]) and seen["status"] not in ENDED,
        cards=available(),
        done=request.GET.get("paid", ""),
    )


@page(nav="billing")
def invoices(request: HttpRequest) -> HttpResponse:
    """Invoices, and the books month by month."""
    months = months_before(timezone.localdate())
    month = request.GET.get("month") or months[0]
    found = read(request, "billing/statement", month=month)
    return show(
        request, "invoices.html", rows=leaf(request, "billing/invoices"), found=found, months=months, month=month
    )


def months_before(today: date) -> list[str]:
    """This month and the twelve before it, as `2026-11`."""
    whole = today.year * 12 + today.month - 1
    return [f"{one // 12}-{one % 12 + 1:02d}" for one in range(whole, whole - MONTHS_SHOWN, -1)]


@page(nav="billing")
def plan(request: HttpRequest) -> HttpResponse:
    """The plan, the limits that the store set itself, refunds, and prices by country."""
    rows = read(request, "billing/prices", limit=PRICES_SHOWN)["results"]
    prices = [row for row in rows if row["in_force"]]
    seen = read(request, "billing/subscription")
    return show(
        request,
        "plan.html",
        seen=seen,
        problem={"code": seen["reason"], "detail": seen["detail"]},
        caps=read(request, "store"),
        prices=sorted(prices, key=lambda row: row["country"]),
    )
