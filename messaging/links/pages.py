"""What a person sees when a link leads nowhere: one plain page, in English or Greek."""

from collections.abc import Mapping
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


class Words(NamedTuple):
    """A heading and a sentence."""

    title: str
    text: str


# What happened → the words by language; English is for everybody else.
WORDS: Mapping[str, Mapping[str, Words]] = {
    "unknown": {
        "en": Words("This link leads nowhere", "It may have been mistyped, or is no longer in use."),
        "el": Words("Ο σύνδεσμος δεν οδηγεί πουθενά", "Ίσως γράφτηκε λάθος ή δεν χρησιμοποιείται πια."),
    },
    "busy": {
        "en": Words("Too many requests", "Please try again in a minute."),
        "el": Words("Πάρα πολλά αιτήματα", "Δοκιμάστε ξανά σε ένα λεπτό."),
    },
    "away": {
        "en": Words("Not reachable at the moment", "Please try again in a few seconds."),
        "el": Words("Προσωρινά μη διαθέσιμο", "Δοκιμάστε ξανά σε λίγα δευτερόλεπτα."),
    },
}


def page(request: HttpRequest, what: str, *, status: int, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """The page that says `what`, a key of WORDS, in the language that the browser asks for."""
    language = (translation.get_language() or "en").partition("-")[0]
    words = WORDS[what].get(language) or WORDS[what]["en"]
    answer = render(request, "links/page.html", {"words": words, "language": language}, status=status)
    for name, value in {**HEADERS, **(headers or {})}.items():
        answer[name] = value
    return answer
