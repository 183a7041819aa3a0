"""Every page: it opens, reads a bounded number of times, and holds nothing that a strict policy forbids."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audiences.models import Store
from tests.api.rows import ROWS, address_of, row_of
from tests.architecture.test_urls import CONSOLE, Route, kind_of_page, local_dir, path_of_route
from tests.console.conftest import as_member
from tests.factories import (
    AutomationFactory,
    CampaignFactory,
    ContactFactory,
    ContactListFactory,
    SegmentFactory,
    StoreTemplateFactory,
)

__all__ = ["local_dir"]

MANY = 18  # queries of an ordinary page: eight are the frame's
MOST = {
    "/": 24, "/campaigns/{}": 24, "/campaigns/{}/recipients/{}": 20, "/automations/{}": 60, "/segments/{}": 45,
    "/segments/new": 45,
}  # fmt: skip
# What a page without 'unsafe-inline' cannot use.
INLINE = re.compile(
    r"<script(?![^>]*\b(?:src=|type=\"application/json\"))|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE
)


def path_of(store: Store, route: Route) -> str:
    return address_of(route.path, row_of(store, kind_of_page(route.path))) if "{}" in route.path else route.path


@pytest.mark.parametrize("route", CONSOLE, ids=path_of_route)
def test_opens_with_bounded_queries(store: Store, owner: Client, route: Route) -> None:
    path = path_of(store, route)
    owner.get(path)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = owner.get(path)

    assert answer.status_code in {200, 302}, answer.content
    assert len(queries) <= MOST.get(route.path, MANY), "\n".join(query["sql"][:150] for query in queries)


@pytest.mark.parametrize("route", CONSOLE, ids=path_of_route)
def test_holds_nothing_inline_and_is_kept_by_nobody(store: Store, owner: Client, route: Route) -> None:
    answer = owner.get(path_of(store, route))
    policy = answer["Content-Security-Policy"]

    assert INLINE.findall(answer.content.decode()) == []
    assert "unsafe" not in policy
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "make"),
    [
        ("/campaigns", CampaignFactory),
        ("/contacts", ContactFactory),
        ("/lists", ContactListFactory),
        ("/templates", StoreTemplateFactory),
        ("/segments", SegmentFactory),
        ("/automations", AutomationFactory),
    ],
)
def test_more_rows_are_no_more_queries(store: Store, owner: Client, path: str, make: type[CampaignFactory]) -> None:
    make.create(store=store)
    owner.get(path)
    with CaptureQueriesContext(connection) as few:
        owner.get(path)
    make.create_batch(15, store=store)

    with CaptureQueriesContext(connection) as many:
        answer = owner.get(path)

    assert len(many) == len(few)
    assert answer.content.count(b"<tr") > 15


@pytest.mark.parametrize("route", CONSOLE, ids=path_of_route)
def test_says_so_to_those_who_may_not(store: Store, route: Route) -> None:
    path = path_of(store, route)
    needed = {"read": (200, 200), "send": (403, 200), "admin": (403, 403)}[route.page]

    answers = tuple(as_member(store, role).get(path).status_code for role in ("viewer", "manager"))

    assert answers in {needed, tuple(302 if code == 200 else code for code in needed)}


@pytest.mark.parametrize("route", [route for route in CONSOLE if route.page == "read"], ids=path_of_route)
def test_offers_a_viewer_nothing_that_writes(store: Store, viewer: Client, route: Route) -> None:
    body = viewer.get(path_of(store, route)).content.decode()

    assert re.findall(r"data-api=\"(?:DELETE|POST) [^\"]*\"", body) == []
    assert "campaigns/new" not in body


def test_rows_exist_for_every_page() -> None:
    assert {kind_of_page(route.path) for route in CONSOLE if "{}" in route.path} <= set(ROWS)


def test_a_page_is_packed_for_who_can_unpack_it(owner: Client) -> None:
    packed = owner.get("/campaigns", headers={"accept-encoding": "gzip, br"})

    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert len(packed.content) * 2 < len(owner.get("/campaigns").content)


def test_the_first_page_says_what_comes_first(store: Store, owner: Client) -> None:
    empty = owner.get("/").content.decode()
    ContactFactory.create(store=store)

    assert "Begin with your contacts" in empty
    assert "Write the first campaign" in owner.get("/").content.decode()


def test_a_page_takes_no_post(owner: Client) -> None:
    assert owner.post("/campaigns").status_code == 405


def test_a_cursor_that_we_did_not_make_is_refused(owner: Client) -> None:
    answer = owner.get("/campaigns?cursor=nonsense")

    assert answer.status_code == 400
    assert b"VALIDATION_ERROR" in answer.content
