"""The second door of the ops console: a code after the password, and setting up what makes the codes."""

import logging
from base64 import b32encode
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

import segno
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django_otp import login as show_device
from django_otp.models import Device
from django_otp.plugins.otp_totp.models import TOTPDevice

from audiences.services import second_factor
from audiences.staff import staff
from config.problems import Problem

log = logging.getLogger(__name__)
View: TypeAlias = Callable[[HttpRequest], HttpResponse]


class CodeForm(forms.Form):
    """One code."""

    code = forms.CharField(
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false", "autocapitalize": "off"}
        ),
    )


def is_staff(request: HttpRequest) -> bool:
    """Whether somebody of the staff has given the password."""
    return bool(request.user.is_active and getattr(request.user, "is_staff", False))


def is_verified(request: HttpRequest) -> bool:
    """Whether a code was shown in this session."""
    asked: Callable[[], bool] | None = getattr(request.user, "is_verified", None)
    return bool(asked and asked())


def is_through(request: HttpRequest) -> bool:
    """Whether the second door is open for this session, or there is none in this installation."""
    return is_verified(request) or not settings.OPS_TOTP_REQUIRED


def urls() -> list[URLPattern]:
    """The pages of the second door, inside the admin site."""
    return [
        path("second-factor/", ask, name="second_factor"),
        path("second-factor/set-up/", set_up, name="second_factor_set_up"),
        path("second-factor/recovery-codes/", recovery_codes, name="recovery_codes"),
        path("second-factor/leave/", leave, name="leave"),
    ]


def address_of(request: HttpRequest) -> str:
    """The second door, and where to go behind it."""
    return f"{reverse('admin:second_factor')}?{urlencode({'next': _next(request)})}"


def of_staff(view: View) -> View:
    """Only for staff who gave the password; others are asked for it."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not is_staff(request):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        return view(request)

    return guarded


@of_staff
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a code of the app, or a recovery code."""
    if is_through(request):
        return redirect(_next(request))
    if not second_factor.has_app(_user(request)):
        return redirect(f"{reverse('admin:second_factor_set_up')}?{urlencode({'next': _next(request)})}")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            shown = second_factor.check(user=_user(request), code=form.cleaned_data["code"])
        except Problem as problem:
            return _page(request, "ask", form=_refused(request, form, problem), status=problem.status)
        _open(request, shown.device)
        if not isinstance(shown.device, TOTPDevice):
            messages.warning(request, f"A recovery code is used up; {shown.codes_left} are left.")
        return redirect(_next(request))
    return _page(request, "ask", form=form)


@of_staff
def set_up(request: HttpRequest) -> HttpResponse:
    """Set up an app, the first one or another; its first code proves that it works. Then the recovery codes, once."""
    user = _user(request)
    if second_factor.has_app(user) and not is_verified(request):
        return redirect(address_of(request))
    form = CodeForm(request.POST or None)
    if form.is_valid():
        code, verified = form.cleaned_data["code"], is_verified(request)
        try:
            device, codes = second_factor.finish(user=user, code=code, verified=verified, actor=staff(request))
        except Problem as problem:
            form = _refused(request, form, problem)
        else:
            _open(request, device)
            return _page(request, "codes", codes=codes)
    waiting = second_factor.begin(user)
    return _page(request, "set_up", form=form, qr=_qr(waiting.config_url), key=_spelled(waiting.bin_key))


@of_staff
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """How many are left; new ones for who asks for them, after a code."""
    if not is_verified(request):
        return redirect(address_of(request))
    made = second_factor.renew_codes(user=_user(request), actor=staff(request)) if request.method == "POST" else []
    return _page(request, "codes", codes=made, left=second_factor.codes_left(_user(request)))


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Be somebody else: back to the first door."""
    logout(request)
    return redirect("admin:login")


def _open(request: HttpRequest, device: Device) -> None:
    show_device(request, device)
    request.session.cycle_key()  # who knew the session before the code does not know it after


def _refused(request: HttpRequest, form: CodeForm, problem: Problem) -> CodeForm:
    wait = problem.facts.get("retry_after")
    form.add_error("code", f"{problem.detail} ({problem.code}{f', {wait} s' if wait else ''})")
    log.warning("second_factor_refused", extra={"user_id": request.user.pk, "code": problem.code})
    return form


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    frame = {**admin.site.each_context(request), "is_nav_sidebar_enabled": False, "next": _next(request)}
    return render(request, f"admin/second_factor/{name}.html", {**frame, **context}, status=status)


def _user(request: HttpRequest) -> Any:
    return request.user


def _next(request: HttpRequest) -> str:
    """Where to go afterwards: a page of ours, else the first one."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else reverse("admin:index")


def _qr(text: str) -> SafeString:
    """A QR code as an SVG element: part of the page, so no policy about images is asked. Dark on white in any theme."""
    code = segno.make(text, error="m", micro=False)
    svg: str = code.svg_inline(scale=4, border=3, dark="#0b1219", light="#ffffff", omitsize=True)
    return SafeString(svg)


def _spelled(key: bytes) -> str:
    """The key as people type it: groups of four."""
    text = b32encode(key).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
