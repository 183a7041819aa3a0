"""What every answer carries."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.logging import request_id


class RequestIdHeader:
    """`X-Request-ID` on each answer: the id that the log lines of the request carry. Stands inside structlog's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["X-Request-ID"] = request_id() or ""
        return response
