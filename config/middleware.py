"""What every request logs, and what every answer carries."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

from config.logging import request_id

# What follows is a signed link: whoever reads the log could act for the person it was sent to.
SIGNED = re.compile(r"(?<=/[ujr]/)[^/?]+")


class RequestLog(RequestMiddleware):
    """structlog's lines about requests, with signed links cut out of the path."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Method and path."""
        return SIGNED.sub("…", RequestMiddleware.format_request(request), count=1)


class RequestIdHeader:
    """`X-Request-ID` on each answer: the id that the log lines of the request carry. Stands inside structlog's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["X-Request-ID"] = request_id() or ""
        return response
