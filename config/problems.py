"""Errors that a caller can act on: one exception with a code, and RFC 9457 problem documents."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

log = logging.getLogger(__name__)


class Problem(Exception):
    """A refusal with a code of SPEC.md §3. Nothing was changed. The docstring of a subclass is its message.

    `detail`: a sentence for a person; `facts`: extra members of the problem document, e.g. `missing` credits.
    """

    code = "VALIDATION_ERROR"
    status = 400

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


class QueueUnavailable(Problem):
    """The database cannot be reached; nothing was changed. Try again in a moment."""

    code = "QUEUE_UNAVAILABLE"
    status = 503


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
    if isinstance(error, (Http404, exceptions.NotFound)):
        return NotFound()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, (OperationalError, InterfaceError)):
        log.exception("database_unreachable")
        return QueueUnavailable()
    if not isinstance(error, exceptions.APIException):
        return None
    if isinstance(error, exceptions.ValidationError):
        return InvalidFields(pointers(error.detail))
    problem = Problem(str(error.detail))
    problem.status = error.status_code
    problem.code = CODES.get(error.status_code, "VALIDATION_ERROR")
    if isinstance(error, exceptions.Throttled) and error.wait is not None:
        problem.facts["retry_after"] = int(error.wait) + 1
    return problem


def document(problem: Problem, *, request_id: str | None) -> dict[str, Any]:
    """The body of a problem answer."""
    return {
        "type": "about:blank",
        "title": problem.code.replace("_", " ").capitalize(),
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "errors": [],
        "request_id": request_id,
        **problem.facts,
    }


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every error leaves as application/problem+json."""
    problem = as_problem(error)
    if problem is None:
        return None
    request: Request = context["request"]
    response = Response(
        document(problem, request_id=request.META.get("HTTP_X_REQUEST_ID") or getattr(request, "request_id", None)),
        status=problem.status,
        content_type="application/problem+json",
    )
    if problem.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if retry_after := problem.facts.get("retry_after"):
        response["Retry-After"] = str(retry_after)
    return response


__all__ = ["Conflict", "DatabaseError", "InvalidFields", "NotFound", "Problem", "QueueUnavailable", "invalid"]
