"""One campaign: how it goes, what went wrong, who got it and who did not."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from campaigns.serializers_watching import REASONS
from campaigns.states import CAMPAIGN_ENDED, CAMPAIGN_LIVE, RECIPIENT, RECIPIENT_WAITING
from config.moment import at_one_moment
from messaging.console.audiences import named
from messaging.console.charts import rate_chart
from messaging.console.pages import page, show
from messaging.console.progress import bar_of
from messaging.console.reading import Leaf, leaf, read

BATCHES_SHOWN = 6
BATCHES_A_PAGE = 25  # the recipients of each are counted
HISTORY_SHOWN = 50


@page(nav="campaigns")
def campaign(request: HttpRequest, id: str) -> HttpResponse:
    """Everything about a campaign that fits on a page, as it was at one moment."""
    with at_one_moment():
        return _campaign(request, id)


def _campaign(request: HttpRequest, id: str) -> HttpResponse:
    seen = read(request, f"campaigns/{id}")
    progress = paced(read(request, f"campaigns/{id}/progress"))
    started, live = seen["started_at"] is not None, seen["status"] in CAMPAIGN_LIVE
    history = read(request, f"campaigns/{id}/history", limit=HISTORY_SHOWN)["results"]
    return show(
        request,
        "campaign.html",
        campaign=seen,
        audience=named(request, seen["audience"]),
        progress=progress,
        bar=bar_of(progress),
        started=started,
        live=live,
        # Its hour will come; and who was at a worker when it was cancelled is still to leave.
        watched=live or seen["status"] == "scheduled" or any(progress["counts"][name] for name in RECIPIENT_WAITING),
        ended=seen["status"] in CAMPAIGN_ENDED,
        history=list(reversed(history)),
        **(_results(request, id) if started else {}),
        **({} if started else {"preview": read(request, f"campaigns/{id}/preview")}),
    )


def _results(request: HttpRequest, id: str) -> dict[str, Any]:
    """What there is once it was started."""
    return {
        "chart": rate_chart(read(request, f"campaigns/{id}/series")),
        "failures": compared(read(request, f"campaigns/{id}/failures")),
        "metrics": read(request, f"campaigns/{id}/metrics"),
        "batches": accepted(leaf(request, f"campaigns/{id}/batches", limit=BATCHES_SHOWN)),
    }


def paced(progress: dict[str, Any]) -> dict[str, Any]:
    """The progress, with its rate by the minute: people do not think in messages per second."""
    rate = progress["rate"]
    return {**progress, "rate": {**rate, "per_minute": round(rate["messages"] * 60)}}


def compared(failures: dict[str, Any]) -> dict[str, Any]:
    """The failures, each group with a `width` in per cent of the largest one."""
    most = max((group["recipients"] for group in failures["groups"]), default=0)
    groups = [{**group, "width": round(100 * group["recipients"] / most, 1)} for group in failures["groups"]]
    return {**failures, "groups": groups}


def accepted(rows: Leaf) -> Leaf:
    """Batches, each with the number of recipients that the provider accepted."""
    for row in rows:
        row["accepted"] = sum(row["counts"].get(status, 0) for status in ("sent", "delivered", "undelivered"))
    return rows


@page(nav="campaigns")
def batches(request: HttpRequest, id: str) -> HttpResponse:
    """The batches in which a campaign is handed over."""
    seen = read(request, f"campaigns/{id}")
    rows = accepted(leaf(request, f"campaigns/{id}/batches", limit=BATCHES_A_PAGE))
    return show(request, "batches.html", campaign=seen, rows=rows)


@page(nav="campaigns")
def recipients(request: HttpRequest, id: str) -> HttpResponse:
    """Who gets it, narrowed by status and reason. A phone is looked for by a script, with the phone in the body."""
    seen = read(request, f"campaigns/{id}")
    rows = leaf(request, f"campaigns/{id}/recipients", filters=("status", "reason", "batch"))
    return show(request, "recipients.html", campaign=seen, rows=rows, states=RECIPIENT.states, reasons=REASONS)


@page(nav="campaigns")
def trace(request: HttpRequest, id: str, rid: str) -> HttpResponse:
    """Why one person got it, or did not."""
    seen = read(request, f"campaigns/{id}")
    return show(request, "trace.html", campaign=seen, trace=read(request, f"campaigns/{id}/recipients/{rid}/trace"))
