"""The library of texts, and texts to begin with."""

from django.http import HttpRequest, HttpResponse

from campaigns.content import CONTACT_FIELDS
from campaigns.models import StoreTemplate
from campaigns.models.template import CATEGORIES
from campaigns.starters import LANGUAGES, TRADES
from messaging.console.pages import caller, page, show
from messaging.console.reading import leaf, read

LANGUAGES_SHOWN = 20


@page(nav="texts")
def texts(request: HttpRequest) -> HttpResponse:
    """The store's own texts."""
    rows = leaf(request, "templates", filters=("category", "language"))
    own = StoreTemplate.objects.filter(store=caller(request).store).exclude(language="").order_by("language")
    languages = own.values_list("language", flat=True).distinct()[:LANGUAGES_SHOWN]
    return show(request, "texts.html", rows=rows, categories=CATEGORIES, languages=languages, tab="own")


@page(nav="texts")
def starters(request: HttpRequest) -> HttpResponse:
    """Texts by trade and language, to be copied."""
    language = request.GET.get("language") or request.LANGUAGE_CODE
    chosen = language if language in LANGUAGES else LANGUAGES[0]
    found = read(request, "templates/starters", trade=request.GET.get("trade"), language=chosen)["results"]
    return show(
        request, "starters.html", rows=found, trades=TRADES, languages=LANGUAGES, language=chosen, tab="starters"
    )


@page(nav="texts", needs="send")
def new(request: HttpRequest) -> HttpResponse:
    """An empty text."""
    return _form(request, {"name": "", "text": "", "language": "", "category": "promotion"})


@page(nav="texts")
def edit(request: HttpRequest, id: str) -> HttpResponse:
    """One text."""
    return _form(request, read(request, f"templates/{id}"))


def _form(request: HttpRequest, text: dict[str, object]) -> HttpResponse:
    fields = [*CONTACT_FIELDS, *sorted(caller(request).store.custom_fields)]
    return show(request, "text.html", text=text, fields=fields, categories=CATEGORIES)
