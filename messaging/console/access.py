"""Coming in and going out: signing in, a forgotten password, the choice of a store, the language."""

from typing import Any, cast

from axes.helpers import get_cool_off
from django.conf import settings
from django.contrib.auth import views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from audiences.auth import SESSION_STORE, address
from audiences.models import Member, User
from config.opaque import private_id
from config.problems import document
from config.rates import Quota, RateLimited, take

HOUR = 3600
RESETS_PER_HOUR = 5  # of one address, and of one client


class SignInForm(AuthenticationForm):
    """E-mail and password. Addresses are stored in small letters, and wrong tries are counted by them."""

    def clean_username(self) -> str:
        """The address as it is stored."""
        return str(self.cleaned_data["username"]).lower()


class SignIn(views.LoginView):
    """Who signs in gets a new session; who is in already goes on to the first page."""

    template_name = "console/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


class SignOut(views.LogoutView):
    """Ends the session."""

    next_page = reverse_lazy("console:sign_in")  # type: ignore[assignment]  # the stubs know no lazy text here


def locked_out(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
    """The answer to whoever tried too often: when to come back, whether or not the address is known."""
    wait = int(get_cool_off(request).total_seconds())
    page = "admin/locked_out.html" if request.path == reverse("admin:login") else "console/locked_out.html"
    answer = render(request, page, {"minutes": wait // 60}, status=429)
    answer.headers["Retry-After"] = str(wait)
    return answer


class ResetForm(PasswordResetForm):
    """Also for people without a password: an invited member sets the first one here."""

    def get_users(self, email: str) -> Any:
        """The active user with this address."""
        return User.objects.filter(email=email.lower(), is_active=True)


class Reset(views.PasswordResetView):
    """Sends a link to set a password, good for a day and once. The answer is the same for unknown addresses."""

    template_name = "console/reset.html"
    form_class = ResetForm
    email_template_name = "console/mail/reset.txt"
    subject_template_name = "console/mail/reset_subject.txt"
    success_url = reverse_lazy("console:reset_sent")
    # Never the Host header's: whoever asks could point the link to a place of his own.
    extra_email_context = {"base": settings.PUBLIC_URL}

    def form_valid(self, form: Any) -> HttpResponse:
        """Count the request, then as Django does."""
        whose = (form.cleaned_data["email"].lower(), address(self.request) or "")
        try:
            take([Quota("reset", RESETS_PER_HOUR, HOUR, one) for one in whose])
        except RateLimited as limited:
            return render(self.request, "console/problem.html", {"problem": document(limited)}, status=429)
        return super().form_valid(form)


class ResetSent(views.PasswordResetDoneView):
    """Look into your mail."""

    template_name = "console/reset_sent.html"


class SetPassword(views.PasswordResetConfirmView):
    """The page behind the link."""

    template_name = "console/set_password.html"
    success_url = reverse_lazy("console:password_set")


class PasswordSet(views.PasswordResetCompleteView):
    """It worked."""

    template_name = "console/password_set.html"


@never_cache
@require_safe
@login_required(login_url=reverse_lazy("console:sign_in"))
def stores(request: HttpRequest) -> HttpResponse:
    """The stores that one may act for."""
    rows = Member.objects.select_related("store").filter(user=cast("User", request.user)).order_by("store__name", "pk")
    return render(request, "console/stores.html", {"memberships": rows})


@require_POST
@login_required(login_url=reverse_lazy("console:sign_in"))
def switch_store(request: HttpRequest) -> HttpResponse:
    """Act for another store from now on. One that the person is no member of looks like one that does not exist."""
    store_id = private_id(request.POST.get("store", ""), kind="str") or 0
    mine = Member.objects.filter(user=cast("User", request.user), store_id=store_id)
    if not mine.exists():
        return render(request, "console/problem.html", {"problem": {"status": 404, "code": "NOT_FOUND"}}, status=404)
    request.session[SESSION_STORE] = store_id
    return redirect("console:dashboard")


@require_POST
def switch_language(request: HttpRequest) -> HttpResponse:
    """Another language for this browser, then back to the page."""
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    answer = redirect(back if safe else "/")
    if (chosen := request.POST.get("language")) in dict(settings.LANGUAGES):
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, chosen, max_age=365 * 24 * HOUR, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE, httponly=True,
        )  # fmt: skip
    return answer
