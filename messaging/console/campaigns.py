"""The list of campaigns."""

from django.http import HttpRequest, HttpResponse

from campaigns.models import CampaignProgress
from campaigns.states import CAMPAIGN
from config.opaque import private_id
from messaging.console.pages import page, show
from messaging.console.progress import PARTS, Bar, stacked
from messaging.console.reading import leaf


@page(nav="campaigns")
def campaigns(request: HttpRequest) -> HttpResponse:
    """The store's campaigns, newest first, each with its progress."""
    rows = leaf(request, "campaigns", filters=("status", "kind", "archived"), limit=25)
    bars = bars_of([row["id"] for row in rows])
    for row in rows:
        row["bar"] = bars.get(row["id"])
    return show(request, "campaigns.html", rows=rows, states=CAMPAIGN.states)


def bars_of(ids: list[str]) -> dict[str, Bar]:
    """The progress of many campaigns by public id: one look-up by primary key."""
    keys = {private_id(one, kind="cmp"): one for one in ids}
    found = CampaignProgress.objects.filter(pk__in=[key for key in keys if key]).select_related("campaign__quote")
    return {keys[row.pk]: _bar(row) for row in found}


def _bar(row: CampaignProgress) -> Bar:
    counts = {name: int(getattr(row, name, 0)) for name in PARTS if name not in ("in_flight", "waiting")}
    quote = row.campaign.quote
    unwritten = max(quote.recipients - row.audience, 0) if quote and row.campaign.status == "sending" else 0
    return stacked({**counts, "waiting": row.pending + unwritten})
