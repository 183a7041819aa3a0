"""Asking the public API inside the process: a page shows the same numbers, and refuses the same things, as the API."""

import json
from collections.abc import Mapping
from copy import copy
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.http import HttpRequest, QueryDict
from django.urls import resolve

# A browser's header must not make a page's question another one than the page asks.
NOT_FORWARDED = (
    "HTTP_AUTHORIZATION", "HTTP_X_STORE", "HTTP_IF_NONE_MATCH", "HTTP_IDEMPOTENCY_KEY", "HTTP_ACCEPT", "QUERY_STRING",
)  # fmt: skip


class Refused(Exception):
    """The API refused what a page asked; `problem` is its problem document."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(problem["detail"])
        self.problem = dict(problem)


def read(request: HttpRequest, path: str, **query: object) -> Any:
    """The body of `GET /api/v1/<path>` for the page's visitor; what is None or empty in `query` is left out.

    The request was authenticated and counted as a page; it is neither again. Raises Refused.
    """
    return _answer(_inner(request, "GET", path, urlencode(_said(query))))


def ask(request: HttpRequest, method: str, path: str, body: Mapping[str, Any]) -> Any:
    """The body of the answer to `<method> /api/v1/<path>` with this JSON, for forms that work without scripts.

    As `read`; the form's CSRF token was looked at when the page got it. Raises Refused.
    """
    sent = json.dumps(body).encode()
    inner = _inner(request, method, path, "")
    inner.META |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(sent))}
    inner._body, inner._read_started = sent, True  # type: ignore[attr-defined]  # where Django keeps what it has read
    return _answer(inner)


def _said(query: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in query.items() if value not in (None, "")}


def _inner(request: HttpRequest, method: str, path: str, asked: str) -> HttpRequest:
    inner = copy(request)
    inner.__dict__.pop("headers", None)
    inner.META = {name: value for name, value in request.META.items() if name not in NOT_FORWARDED}
    inner.META |= {"HTTP_ACCEPT": "application/json", "QUERY_STRING": asked}
    inner.method, inner.GET = method, QueryDict(asked)
    inner.path = inner.path_info = f"/api/v1/{path}"
    return inner


# A process has one table of addresses; to look one up takes 0.2 ms.
_resolved = lru_cache(maxsize=4096)(resolve)


def _answer(inner: HttpRequest) -> Any:
    view, arguments, named = _resolved(inner.path_info)
    answer = view(inner, *arguments, **named)
    if answer.status_code >= 400:
        raise Refused(answer.data)
    return answer.data


class Leaf:
    """A page of a list: its rows, and the query of the next page (None on the last one)."""

    def __init__(self, request: HttpRequest, body: Mapping[str, Any]) -> None:
        self.rows: list[dict[str, Any]] = list(body["results"])
        self.first = "cursor" not in request.GET
        self.next: str | None = None
        if body["next"]:
            query = request.GET.copy()
            query["cursor"] = parse_qs(urlsplit(body["next"]).query)["cursor"][0]
            self.next = query.urlencode()

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def leaf(request: HttpRequest, path: str, *, filters: tuple[str, ...] = (), **query: object) -> Leaf:
    """A page of a list, narrowed by those of `filters` that the page's address has. Raises Refused."""
    chosen = {name: request.GET.get(name) for name in (*filters, "cursor")}
    return Leaf(request, read(request, path, **chosen, **query))
