"""The API's reference: the committed schema, and pages that read it without a byte from elsewhere."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

SCHEMA = settings.BASE_DIR / "docs" / "openapi.yaml"


@require_safe
def schema_file(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document as committed; a test proves that it is the code's."""
    return HttpResponse(SCHEMA.read_bytes(), content_type="application/vnd.oai.openapi")


@require_safe
def swagger(request: HttpRequest) -> HttpResponse:
    """The documentation: scripts and styles are files of ours, so that the content policy needs no exception."""
    return render(request, "api/docs.html")
