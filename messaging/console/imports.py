"""Importing contacts from files."""

from django.http import HttpRequest, HttpResponse

from audiences.imports.columns import FIELDS
from messaging.console.pages import caller, page, show
from messaging.console.reading import Refused, leaf, read


@page(nav="imports")
def imports(request: HttpRequest) -> HttpResponse:
    """What was imported."""
    return show(request, "imports.html", rows=leaf(request, "imports", limit=25))


@page(nav="imports", needs="send")
def new(request: HttpRequest) -> HttpResponse:
    """The wizard: file, columns, trial, import."""
    fields = [*FIELDS, *(f"fields.{name}" for name in sorted(caller(request).store.custom_fields))]
    lists = read(request, "lists", limit=200)["results"]
    return show(request, "import_new.html", fields=fields, lists=lists)


@page(nav="imports")
def one(request: HttpRequest, id: str) -> HttpResponse:
    """How far an import got, and how its first rows are read while the file is there."""
    seen = read(request, f"imports/{id}")
    try:
        preview = read(request, f"imports/{id}/preview") if seen["status"] in ("pending", "running") else None
    except Refused:  # it has just ended, and its file is gone
        preview = None
    return show(request, "import.html", job=seen, preview=preview)
