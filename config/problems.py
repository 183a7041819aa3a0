"""Errors that a caller can act on: one exception with a code, and RFC 9457 problem documents."""

import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

from config.logging import request_id

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """A refusal with a code for machines. Nothing was changed. The docstring of a subclass is its message.

    `detail`: a sentence for a person; `facts`: extra members of the problem document, e.g. `missing` credits;
    `headers`: what its answer carries beside those of every problem.
    """

    code = "VALIDATION_ERROR"
    status = 400
    headers: Mapping[str, str] = {}

    def __init__(self, detail: str | None = None, **facts: Any) -> None:
        self.detail = detail or (self.__doc__ or self.code).strip().splitlines()[0]
        self.facts = facts
        super().__init__(self.detail)


class NotFound(Problem):
    """There is no such thing."""

    code = "NOT_FOUND"
    status = 404


class Conflict(Problem):
    """The thing is not in a state that allows this."""

    code = "CONFLICT"
    status = 409


class Unauthenticated(Problem):
    """Present a key or log in."""

    code = "UNAUTHENTICATED"
    status = 401


class Forbidden(Problem):
    """You may not do this here."""

    code = "FORBIDDEN"
    status = 403


class TooLarge(Problem):
    """The body is too large."""

    code = "TOO_LARGE"
    status = 413


class QueueUnavailable(Problem):
    """The database cannot be reached; nothing was changed. Try again in a moment."""

    code = "QUEUE_UNAVAILABLE"
    status = 503

    def __init__(self) -> None:
        super().__init__(retry_after=2)


class Broken(Problem):
    """Something on our side is broken; it was logged under this request_id."""

    code = "INTERNAL_ERROR"
    status = 500


class InvalidFields(Problem):
    """Some fields are not valid."""

    def __init__(self, errors: list[dict[str, str]], detail: str | None = None) -> None:
        super().__init__(detail, errors=errors)


def invalid(pointer: str, detail: str, *, code: str = "invalid") -> InvalidFields:
    """One field is wrong: `pointer` is its JSON pointer, e.g. `/audience/list`."""
    return InvalidFields([{"pointer": f"#{pointer}", "detail": detail, "code": code}], detail)


CODES = {
    400: "VALIDATION_ERROR",
    401: "UNAUTHENTICATED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    409: "CONFLICT",
    413: "TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "RATE_LIMITED",
}


TRANSLATED: tuple[tuple[tuple[type[Exception], ...], type[Problem]], ...] = (
    ((Http404, exceptions.NotFound), NotFound),
    ((PermissionDenied,), Forbidden),
    ((RequestDataTooBig,), TooLarge),
    ((OperationalError, InterfaceError), QueueUnavailable),
)


def pointers(detail: Any, at: str = "#") -> list[dict[str, str]]:
    """Flatten DRF's nested error detail to `[{pointer, detail, code}]` (RFC 6901 pointers)."""
    if isinstance(detail, dict):
        return [error for key, value in detail.items() for error in pointers(value, _below(at, str(key)))]
    if isinstance(detail, list) and any(isinstance(part, (dict, list)) for part in detail):
        return [error for n, value in enumerate(detail) for error in pointers(value, f"{at}/{n}")]
    parts = detail if isinstance(detail, list) else [detail]
    return [{"pointer": at, "detail": str(part), "code": str(getattr(part, "code", "invalid"))} for part in parts]


def _below(at: str, key: str) -> str:
    return at if key == api_settings.NON_FIELD_ERRORS_KEY else f"{at}/{key.replace('~', '~0').replace('/', '~1')}"


def as_problem(error: Exception) -> Problem | None:
    """Translate what a view may raise into a Problem; None for a programming error."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, (OperationalError, InterfaceError)):
        log.error("database_unreachable", exc_info=error)
    for kinds, problem in TRANSLATED:
        if isinstance(error, kinds):
            return problem()
    return _of_drf(error) if isinstance(error, exceptions.APIException) else None


def _of_drf(error: exceptions.APIException) -> Problem:
    if isinstance(error, exceptions.ValidationError):
        return InvalidFields(pointers(error.detail))
    problem = Problem(str(error.detail))
    problem.status = error.status_code
    problem.code = CODES.get(error.status_code, "VALIDATION_ERROR")
    if (wait := getattr(error, "wait", None)) is not None:  # Throttled: seconds
        problem.facts["retry_after"] = int(wait) + 1
    return problem


def document(problem: Problem) -> dict[str, Any]:
    """The body of a problem answer, with the id under which the request was logged."""
    return {
        "type": "about:blank",
        "title": problem.code.replace("_", " ").capitalize(),
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "errors": [],
        "request_id": request_id(),
        **problem.facts,
    }


def headers(problem: Problem) -> dict[str, str]:
    """The headers that a problem answer carries beside its body."""
    extra = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else {}
    if retry_after := problem.facts.get("retry_after"):
        extra["Retry-After"] = str(retry_after)
    return {**extra, **problem.headers}


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every error leaves as application/problem+json."""
    problem = as_problem(error)
    if problem is None:
        return None
    return Response(document(problem), status=problem.status, content_type=MEDIA_TYPE, headers=headers(problem))
