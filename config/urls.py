"""Every address of the house."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config.reference import schema_file, swagger

handler400 = "config.handlers.bad_request"
handler403 = "config.handlers.forbidden"
handler404 = "config.handlers.not_found"
handler500 = "config.handlers.broken"

api: list[URLPattern | URLResolver] = [
    path("schema", schema_file, name="schema"),
    path("docs", swagger, name="docs"),
    path("", include("audiences.urls")),
    path("", include("billing.urls")),
    path("", include("campaigns.urls")),
    path("", include("messaging.health.urls")),
    path("", include("messaging.stream.urls")),
    path("", include("messaging.hooks.urls")),
    path("", include("messaging.watching.urls")),
    path("", include("messaging.inbound.urls")),
]

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include(api)),
    path("", include("audiences.pages.urls")),
    path("", include("billing.webhooks")),
    path("", include("messaging.urls")),
    path("", include("messaging.links.urls")),
    path("", include("messaging.health.probes")),
    path("", include("messaging.console.urls")),
]
