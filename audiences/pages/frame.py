"""What every public page has: a language, strict headers, a limit per address, and no cookie."""

import ipaddress
from collections.abc import Callable, Sequence
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
IPV6_PREFIX = 64  # what one household or phone has
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


def page(*, methods: Sequence[str], rate: str) -> Callable[[View], View]:
    """A page for everybody, with the headers of all of them, asked for by `methods` alone.

    Counted per address and minute, up to the setting `rate`. No CSRF token: what may act is in the address or typed
    into the form, never in a cookie, so a stranger's page could do no more than whoever made it. Without cookies there
    is nothing to ask consent for either.
    """

    def decorate(view: View) -> View:
        @csrf_exempt
        @require_http_methods([*methods])
        @csp(POLICY)
        @wraps(view)
        def shown(request: HttpRequest, **arguments: str) -> HttpResponseBase:
            try:
                take(_quota(request, rate))
                answer = view(request, **arguments)
            except RateLimited as refusal:
                answer = slow_down(request, refusal)
            for name, value in HEADERS.items():
                answer[name] = value
            answer._has_been_logged = True  # type: ignore[attr-defined]  # Django would log a 404's path, token and all
            return answer

        return shown

    return decorate


public = page(methods=("GET", "HEAD", "POST"), rate="PUBLIC_RATE")  # GET and HEAD show, POST acts


def _quota(request: HttpRequest, rate: str) -> list[Quota]:
    whose = asker(request)
    return [Quota(rate.lower(), getattr(settings, rate), 60, f"ip:{whose}")] if whose else []


def asker(request: HttpRequest) -> str:
    """Who is counted as one: an IPv4 address, the first 64 bits of an IPv6 address; '' when it is not known."""
    text = address(request)
    if text is None:
        return ""
    ip = ipaddress.ip_address(text)
    return text if ip.version == 4 else str(ipaddress.ip_network((ip, IPV6_PREFIX), strict=False))


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


def away(request: HttpRequest) -> HttpResponse:
    """503: nobody can look it up at the moment."""
    answer = show(request, "away", {}, language=language_of(request), status=503)
    answer["Retry-After"] = "5"
    return answer
