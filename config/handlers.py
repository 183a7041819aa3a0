"""What leaves when no view answered: a problem document under /api/, Django's own page elsewhere."""

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from config.problems import MEDIA_TYPE, Broken, Forbidden, NotFound, Problem, as_problem, document, headers


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django refused the request before a view saw it, e.g. a body that is too large."""
    if _is_api(request):
        return _answer(as_problem(exception) or Problem("The request cannot be read."))
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A permission was missing outside of the API's own views."""
    return _answer(Forbidden()) if _is_api(request) else defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No route has this path."""
    return _answer(NotFound()) if _is_api(request) else defaults.page_not_found(request, exception)


def broken(request: HttpRequest) -> HttpResponse:
    """An uncaught error: 503 when the database is away, else 500. Django calls this while the error is handled."""
    if not _is_api(request):
        return defaults.server_error(request)
    error = sys.exc_info()[1]
    problem = as_problem(error) if isinstance(error, Exception) else None
    return _answer(problem or Broken())


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def _answer(problem: Problem) -> HttpResponse:
    return JsonResponse(document(problem), status=problem.status, content_type=MEDIA_TYPE, headers=headers(problem))
