"""Lists of contacts."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from audiences.list_sizes import sizes
from config.opaque import private_id
from messaging.console.pages import page, show
from messaging.console.reading import leaf, read


@page(nav="lists")
def lists(request: HttpRequest) -> HttpResponse:
    """The store's lists."""
    rows = leaf(request, "lists")
    measure(rows.rows)
    return show(request, "lists.html", rows=rows)


def measure(lists: list[dict[str, Any]]) -> None:
    """Give each list its `size`, and `more` when it is larger than anybody counts."""
    keys = {one["id"]: private_id(one["id"], kind="lst") or 0 for one in lists}
    found = sizes(list(keys.values()))
    for one in lists:
        size = found.get(keys[one["id"]])
        one["size"], one["more"] = (size.members, size.more) if size else (0, False)


@page(nav="lists")
def one(request: HttpRequest, id: str) -> HttpResponse:
    """One list: its members, and who may be added."""
    seen = read(request, f"lists/{id}")
    measure([seen])
    rows = leaf(request, "contacts", list=id)
    return show(request, "list.html", list=seen, rows=rows)
