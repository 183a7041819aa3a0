"""The admin site of the ops console."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from config.ops.roles import EVERYBODY, may
from messaging.ops import second_factor
from messaging.ops.dashboard import dashboard

ORDER = ("campaigns", "messaging", "billing", "audiences", "config")
TITLES = {
    "config": "Operations",
    "auth": "Roles",
    "axes": "Login attempts",
    "django_celery_beat": "Schedule",
    "otp_totp": "Second factors",
}


class LoginForm(AdminAuthenticationForm):
    """E-mail and password. Addresses are stored in small letters, and wrong tries are counted by them."""

    def clean_username(self) -> str:
        """The address as it is stored."""
        return str(self.cleaned_data["username"]).lower()


class OpsSite(admin.AdminSite):
    """Django's admin under our name, behind two doors, with a first page that says how the house is."""

    site_title = "Heliograph ops"
    site_header = "Heliograph ops"
    index_title = "Now"
    site_url = None
    login_form = LoginForm

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff who showed the second factor, where one is asked for."""
        return second_factor.is_staff(request) and second_factor.is_through(request)

    def get_urls(self) -> list[Any]:
        """The admin's, and the second door's."""
        return [*second_factor.urls(), *super().get_urls()]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The first door; who is through it stands before the second."""
        if request.method == "GET" and second_factor.is_staff(request) and not second_factor.is_through(request):
            return redirect(second_factor.address_of(request))
        return super().login(request, extra_context)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """With whether the second factor of this person can be managed."""
        return {**super().each_context(request), "verified": second_factor.is_verified(request)}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The dashboard; nothing for staff without a role."""
        now = dashboard() if may(request.user, EVERYBODY) else None
        return super().index(request, {**(extra_context or {}), "now": now})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The apps in the order in which trouble is looked for."""
        found: list[Any] = super().get_app_list(request, app_label)
        for app in found:
            app["name"] = TITLES.get(app["app_label"], app["name"])
        return sorted(found, key=lambda app: ORDER.index(app["app_label"]) if app["app_label"] in ORDER else len(ORDER))
