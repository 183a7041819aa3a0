"""Every address needs a login, a key or a reason; another store's row does not exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings
from rest_framework.test import APIClient

from audiences.models import Store
from audiences.tenancy import StoreViews
from config.opaque import public_id
from tests.api.clients import code, with_key
from tests.api.rows import address_of, row_of
from tests.factories import MemberFactory

# Open to everybody, and why.
PUBLIC = {
    "/api/v1/schema": "the contract is no secret",
    "/api/v1/docs": "the contract is no secret",
    "/webhooks/providers/{}/receipts": "signed by the provider",
    "/r/{}": "recipients follow it; the code is signed",
    "/u/{}": "signed by us: whoever holds the link is the one it was sent to",
    "/j/{}": "signed by us: whoever holds the link is the one it was sent to",
    "/join/{}": "a store's page for signing up; a form proves nothing and tells nothing",
    "/webhooks/providers/{}/inbound": "signed by the provider",
    "/webhooks/stripe": "signed by Stripe",
    "/healthz": "says no more than that the process answers",
    "/readyz": "names parts and what is wrong with them, nothing of a store",
    "/metrics": "has a token of its own; else staff's and this machine's",
    "/login": "the door",
    "/logout": "ends a session",
    "/password": "counts requests, and answers everybody alike",
    "/password/sent": "says nothing of anybody",
    "/password/{}/{}": "the link of a mail is the ticket",
    "/password/done": "says nothing of anybody",
    "/language": "sets a cookie with a word of a list",
}
# Pages with a login of their own, which their own tests check: staff's, and a person's without a store.
PAGES = ("/admin/", "/stores")


class Route(NamedTuple):
    """A path with `{}` for its arguments, and what answers it: a view of the API, or a page that needs a scope."""

    path: str
    view: Any
    methods: dict[str, str]
    page: str = ""


def routes(patterns: list[URLPattern | URLResolver] | None = None, prefix: str = "/") -> Iterator[Route]:
    """Every route of the house."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, prefix + shape(pattern))
        else:
            callback = pattern.callback
            methods = getattr(callback, "actions", None) or {}
            page = getattr(callback, "console", "")
            yield Route(prefix + shape(pattern), getattr(callback, "cls", None), methods, page)


def shape(pattern: URLPattern | URLResolver) -> str:
    """The pattern as people write it."""
    text = re.sub(r"\\(.)", r"\1", str(pattern.pattern).removeprefix("^").removesuffix(r"\Z").removesuffix("$"))
    return re.sub(r"\(\?P<\w+>[^)]*\)|<[^>]+>", "{}", text)


def path_of_route(route: Route) -> str:
    """The name of a test of a route."""
    return route.path


API = [route for route in routes() if route.view is not None]
CONSOLE = [route for route in routes() if route.page]
CALLS = [pytest.param(route, method, id=f"{method} {route.path}") for route in API for method in route.methods]
WITH_ID = [
    pytest.param(route, method, id=f"{method} {route.path}")
    for route in API
    for method in route.methods
    if "{}" in route.path
]


@pytest.fixture(autouse=True)
def local_dir(settings: Settings, tmp_path: Path) -> None:
    """A folder for uploads."""
    settings.LOCAL_DIR = tmp_path


def test_every_route_is_a_stores_or_public() -> None:
    known = [route for route in routes() if route.page or (route.view and issubclass(route.view, StoreViews))]
    others = [route.path for route in routes() if route not in known]

    strange = {path for path in others if path not in PUBLIC and not path.startswith(PAGES)}

    assert strange == set()
    assert len(CALLS) > 30


@pytest.mark.parametrize(("route", "method"), CALLS)
def test_nobody_gets_nothing(nobody: APIClient, route: Route, method: str) -> None:
    path = address_of(route.path, public_id(1, kind=route.view.kind))

    assert code(getattr(nobody, method)(path)) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize(("route", "method"), WITH_ID)
def test_a_strangers_row_does_not_exist(store: Store, stranger: APIClient, route: Route, method: str) -> None:
    path = address_of(route.path, row_of(store, route.view.kind))
    assert with_key(store).get(path).status_code in {200, 307, 405}

    assert code(_call(stranger, method, path)) == (404, "NOT_FOUND")


@pytest.mark.parametrize(("route", "method"), WITH_ID)
@pytest.mark.parametrize("made_up", ["1", "nonsense", "{kind}_", "{kind}_aaaaaaaaaaaaaaaaaaaaaaaaaa", "{other}", "%00"])
def test_a_made_up_id_does_not_exist(api: APIClient, route: Route, method: str, made_up: str) -> None:
    path = address_of(route.path, made_up.format(kind=route.view.kind, other=public_id(1, kind="usr")))

    assert code(_call(api, method, path)) == (404, "NOT_FOUND")


@pytest.mark.parametrize("route", CONSOLE, ids=path_of_route)
def test_a_page_wants_a_login(client: Client, db: None, route: Route) -> None:
    path = address_of(route.path, public_id(1, kind="cmp"))

    answer = client.get(path)

    assert (answer.status_code, answer["Location"]) == (302, f"/login?next={quote(path)}")


@pytest.mark.parametrize("route", [route for route in CONSOLE if "{}" in route.path], ids=path_of_route)
def test_a_page_of_another_store_is_not_there(store: Store, other_store: Store, client: Client, route: Route) -> None:
    path = address_of(route.path, row_of(store, kind_of_page(route.path)))
    client.force_login(MemberFactory.create(store=store).user)
    assert client.get(path).status_code in {200, 302}

    client.force_login(MemberFactory.create(store=other_store).user)
    answer = client.get(path)

    assert answer.status_code == 404
    assert b"There is nothing here" in answer.content


def kind_of_page(path: str) -> str:
    """The kind of the ids in the path of a page."""
    kinds = {
        "/settings/webhooks/deliveries": "dlv",
        "/settings/webhooks": "whk",
        "/templates": "tpl",
        "/contacts": "con",
        "/segments": "seg",
        "/automations": "aut",
        "/campaigns": "cmp",
        "/lists": "lst",
        "/imports": "imp",
    }
    return next(kind for start, kind in kinds.items() if path.startswith(start))


def _call(client: APIClient, method: str, path: str) -> Any:
    return getattr(client, method)(path) if method in {"get", "delete"} else getattr(client, method)(path, {})
