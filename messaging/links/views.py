"""The address that short links begin with."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from audiences.pages.frame import away, nothing_here, page
from campaigns.links.codes import read
from campaigns.links.keys import keys
from messaging.links.follow import Unreachable, follow
from messaging.links.robots import robot


@page(methods=("GET", "HEAD"), rate="LINKS_RATE")
def redirect(request: HttpRequest, code: str) -> HttpResponse:
    """Go on to where a recipient's link leads: only to what the campaign's text contained when it was launched.

    302; 404 for a code that we did not write, and when its store or campaign is closed; 429; 503 when nobody can know.
    """
    mark = read(keys(), code)
    try:
        url = follow(mark, robot=robot(request)) if mark else None
    except Unreachable:
        return away(request)
    return HttpResponseRedirect(url) if url else nothing_here(request)
