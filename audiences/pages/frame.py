"""What every public page has: a language, strict headers, a limit per address, and no cookie."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.decorators import csp
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from audiences.auth import address
from audiences.models import Store
from config.problems import Problem
from config.rates import Quota, RateLimited, take

View = Callable[..., HttpResponseBase]
LANGUAGES = {"en": "English", "el": "Ελληνικά"}
GREEK = ("GR", "CY")
POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def public(view: View) -> View:
    """A page for everybody: GET and HEAD show, POST acts; counted per address, with the headers of all of them.

    No CSRF token: what may act is in the address or typed into the form, never in a cookie, so a stranger's page could
    do no more than whoever made it. Without cookies there is nothing to ask consent for either.
    """

    @csrf_exempt
    @require_http_methods(["GET", "HEAD", "POST"])
    @csp(POLICY)
    @wraps(view)
    def shown(request: HttpRequest, **arguments: str) -> HttpResponseBase:
        try:
            take(_quota(request))
            answer = view(request, **arguments)
        except RateLimited as refusal:
            answer = slow_down(request, refusal)
        for name, value in HEADERS.items():
            answer[name] = value
        answer._has_been_logged = True  # type: ignore[attr-defined]  # Django would log the path of a 404, token and all
        return answer

    return shown


def _quota(request: HttpRequest) -> list[Quota]:
    whose = address(request)
    return [Quota("public", settings.PUBLIC_RATE, 60, f"ip:{whose}")] if whose else []


def language_of(request: HttpRequest, *, spoken: str = "", store: Store | None = None) -> str:
    """en or el: what the address asks for, what the person speaks, what the browser asks for, what the country has."""
    asked = [request.GET.get("lang", ""), spoken]
    asked += [tag for tag, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "").lower())]
    found = next((tag[:2] for tag in asked if tag[:2] in LANGUAGES), None)
    return found or ("el" if store and store.country in GREEK else "en")


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, language: str, status: int = 200
) -> HttpResponse:
    """A page of templates/public/ in a language."""
    with translation.override(language):
        whole = {**context, "language": language, "languages": LANGUAGES}
        answer = render(request, f"public/{template}.html", whole, status=status)
    answer["Content-Language"] = language
    return answer


def nothing_here(request: HttpRequest) -> HttpResponse:
    """404, the same for whatever there is not, is not open, or is no link of ours."""
    return show(request, "nothing", {}, language=language_of(request), status=404)


def slow_down(request: HttpRequest, refusal: Problem) -> HttpResponse:
    """429, with the seconds to wait."""
    seconds = refusal.facts["retry_after"]
    answer = show(request, "slow_down", {"seconds": seconds}, language=language_of(request), status=429)
    answer["Retry-After"] = str(seconds)
    return answer
