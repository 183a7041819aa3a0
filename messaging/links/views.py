"""The address that short links begin with."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from audiences.auth import address
from campaigns.links.codes import read
from campaigns.links.keys import keys
from config.rates import Quota, RateLimited, take
from messaging.links.follow import Unreachable, follow
from messaging.links.pages import HEADERS, page
from messaging.links.robots import robot

IPV6_PREFIX = 64  # what one household or phone has


@require_safe
def redirect(request: HttpRequest, code: str) -> HttpResponse:
    """Go on to where a recipient's link leads: only to what the campaign's text contained when it was launched.

    302; 404 for a code that we did not write, and when its store or campaign is closed; 429; 503 when nobody can know.
    """
    try:
        take([Quota("links", settings.LINKS_RATE if (who := asker(request)) else 0, 60, who)])
    except RateLimited as limited:
        return page(request, "busy", status=429, headers={"Retry-After": str(limited.facts["retry_after"])})
    mark = read(keys(), code)
    try:
        url = follow(mark, robot=robot(request)) if mark else None
    except Unreachable:
        return page(request, "away", status=503, headers={"Retry-After": "5"})
    return HttpResponseRedirect(url, headers=HEADERS) if url else page(request, "unknown", status=404)


def asker(request: HttpRequest) -> str:
    """Who is counted as one: an IPv4 address, the first 64 bits of an IPv6 address; '' when it is not known."""
    text = address(request)
    if text is None:
        return ""
    ip = ipaddress.ip_address(text)
    return text if ip.version == 4 else str(ipaddress.ip_network((ip, IPV6_PREFIX), strict=False))
