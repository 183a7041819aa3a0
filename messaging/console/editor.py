"""Writing a campaign."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from campaigns.content import CONTACT_FIELDS
from campaigns.states import CAMPAIGN_EDITABLE, PRIORITIES, WRITTEN_KINDS
from messaging.console.audiences import PLACES, Audiences
from messaging.console.pages import caller, page, show
from messaging.console.reading import read


@page(nav="campaigns", needs="send")
def new(request: HttpRequest) -> HttpResponse:
    """An empty draft, or one that begins with a text of the library or an audience."""
    draft: dict[str, Any] = {"name": "", "message": "", "kind": "marketing", "audience": {"all": True, "exclude": []}}
    if key := request.GET.get("template"):
        text = read(request, f"templates/{key}")
        draft |= {"name": text["name"], "message": text["text"]}
    for place in PLACES:
        if key := request.GET.get(place):
            draft["audience"] = {place: read(request, f"{place}s/{key}", fields="id")["id"], "exclude": []}
    return _editor(request, draft)


@page(nav="campaigns", needs="send")
def edit(request: HttpRequest, id: str) -> HttpResponse:
    """A draft or a scheduled campaign; any other is only looked at."""
    seen = read(request, f"campaigns/{id}")
    if seen["status"] not in CAMPAIGN_EDITABLE:
        return redirect("console:campaign", id=id)
    return _editor(request, seen)


def _editor(request: HttpRequest, draft: dict[str, Any]) -> HttpResponse:
    store, audiences = caller(request).store, Audiences(request)
    return show(
        request,
        "editor.html",
        draft=draft,
        excluded=[one for part in draft["audience"].get("exclude") or [] for one in part.values()],
        kinds=WRITTEN_KINDS,
        priorities=list(PRIORITIES),
        fields=[*CONTACT_FIELDS, *sorted(store.custom_fields)],
        lists=audiences.rows("list", draft["audience"]),
        segments=audiences.rows("segment", draft["audience"]),
        texts=read(request, "templates", limit=50)["results"],
    )
