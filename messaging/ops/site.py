"""The admin site of the ops console."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse

from messaging.ops.dashboard import dashboard

ORDER = ("campaigns", "messaging", "billing", "audiences", "config")
TITLES = {"config": "Operations", "auth": "Groups", "axes": "Login attempts", "django_celery_beat": "Schedule"}


class OpsSite(admin.AdminSite):
    """Django's admin under our name, with a first page that says how the house is."""

    site_title = "Heliograph ops"
    site_header = "Heliograph ops"
    index_title = "Now"
    site_url = None

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The dashboard."""
        return super().index(request, {**(extra_context or {}), "now": dashboard()})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The apps in the order in which trouble is looked for."""
        found: list[Any] = super().get_app_list(request, app_label)
        for app in found:
            app["name"] = TITLES.get(app["app_label"], app["name"])
        return sorted(found, key=lambda app: ORDER.index(app["app_label"]) if app["app_label"] in ORDER else len(ORDER))
