"""The first page: thirty days at a glance."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from messaging.console.charts import day_chart
from messaging.console.pages import page, show
from messaging.console.reading import read


@page(nav="dashboard")
def dashboard(request: HttpRequest) -> HttpResponse:
    """What was sent, what runs, what is planned, and what somebody should look at."""
    seen = read(request, "store/dashboard")
    house = {alert["code"] for alert in seen["alerts"]} & {"queue_disabled", "store_stopped", "no_route", "no_worker"}
    alerts = [alert for alert in seen["alerts"] if alert["code"] not in house]
    for one in seen["running"]:
        one["sent_share"] = one["audience"] - one["pending"]
    chart = day_chart(seen["days"], since=date.fromisoformat(seen["since"]), until=timezone.localdate())
    has_contacts = bool(chart or read(request, "contacts", limit=1)["results"])
    return show(request, "dashboard.html", seen=seen, alerts=alerts, chart=chart, has_contacts=has_contacts)
