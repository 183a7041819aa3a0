"""What every page has: a visitor who may see it, the frame around it, and an answer when something is refused."""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.gzip import gzip_page

from audiences.auth import Caller, NoStore, caller_of
from audiences.models import Member, User
from audiences.quotas import quota_of_person
from config.opaque import public_id
from config.problems import Problem, document
from config.rates import take
from config.sql import Number, Prepared
from messaging.console.navigation import PLACES, TABS, links
from messaging.console.reading import Refused, read
from messaging.console.words import phrases
from messaging.watching.dashboard import house_alerts

View = Callable[..., HttpResponse]


def page(*, nav: str, needs: str = "read", posts: bool = False) -> Callable[[View], View]:
    """Make a view a page: for a logged-in member of a store whose role has the scope `needs`, counted as one request.

    `nav`: the place of the sidebar that it belongs to; `posts`: it takes a form without JavaScript too.
    """
    methods = ("GET", "HEAD", "POST") if posts else ("GET", "HEAD")

    def mark(view: View) -> View:
        @gzip_page  # also where no proxy does it: a page of a campaign is fetched anew every five seconds
        @wraps(view)
        def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path(), login_url=reverse("console:sign_in"))
            try:
                return _private(_admitted(request, view, needs, nav, args, kwargs))
            except NoStore:
                return redirect("console:stores")
            except Problem as problem:
                return _private(refusal(request, document(problem)))
            except Refused as refused:
                return _private(refusal(request, refused.problem))

        shown.console = needs  # type: ignore[attr-defined]  # read by the tests of every address
        return shown

    return mark


def _admitted(request: Any, view: View, needs: str, nav: str, args: Any, kwargs: Any) -> HttpResponse:
    """Raises NoStore, StoreSuspended, RateLimited, Refused."""
    caller = caller_of(request, user=cast("User", request.user))
    request.caller, request.nav = caller, nav
    with timezone.override(ZoneInfo(caller.store.time_zone)):
        if needs not in caller.scopes:
            return refusal(request, {"status": 403, "code": "FORBIDDEN", "detail": ""})
        take([quota_of_person(caller)])
        return view(request, *args, **kwargs)


def _private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    return response


def caller(request: HttpRequest) -> Caller:
    """Who visits the page."""
    return cast("Caller", request.caller)  # type: ignore[attr-defined]


def show(request: HttpRequest, template: str, *, status: int = 200, **context: object) -> HttpResponse:
    """The page, with the frame around it."""
    return render(request, f"console/{template}", {**frame(request), **context}, status=status)


def frame(request: HttpRequest) -> dict[str, object]:
    """What the frame shows: the store, its money, the places to go, what is wrong, phrases for scripts."""
    visitor = caller(request)
    nav = request.nav  # type: ignore[attr-defined]
    return {
        "store": visitor.store,
        "store_id": frame_store(request),
        "scopes": visitor.scopes,
        "may_send": "send" in visitor.scopes,
        "may_admin": "admin" in visitor.scopes,
        "purse": read(request, "store/balance"),
        "places": links(PLACES, scopes=visitor.scopes, current="settings" if nav in _tab_names() else nav),
        "tabs": links(TABS, scopes=visitor.scopes, current=nav),
        "my_stores": [MyStore(*row) for row in _stores_of().rows(cast("User", visitor.user).pk)],
        "banners": house_alerts(visitor.store),
        "phrases": phrases(),
    }


class MyStore(NamedTuple):
    """A store that the visitor is a member of."""

    store_id: int
    name: str


@cache
def _stores_of() -> Prepared:
    """The first fifty stores of a person, by name."""
    mine = Member.objects.filter(user_id=Number()).order_by("store__name", "pk")
    return Prepared(mine.values_list("store_id", "store__name")[:50])


def frame_store(request: HttpRequest) -> str:
    """The public id of the store that the page is about; a form names it, so that another tab cannot redirect it."""
    return public_id(caller(request).store_id, kind="str")


def _tab_names() -> set[str]:
    return {tab.name for tab in TABS}


def refusal(request: HttpRequest, problem: dict[str, Any]) -> HttpResponse:
    """The page that says why there is nothing to see."""
    status = int(problem["status"])
    framed = frame(request) if hasattr(request, "caller") and status in (403, 404, 400) else {}
    answer = render(request, "console/problem.html", {**framed, "problem": problem}, status=status)
    if wait := problem.get("retry_after"):
        answer.headers["Retry-After"] = str(wait)
    return answer
