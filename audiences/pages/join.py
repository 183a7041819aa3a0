"""`/join/<slug>`: onto a store's list by a form. The answer is the same whether the phone is known or not."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation

from audiences.auth import address
from audiences.evidence import of_request
from audiences.models import JoinPage
from audiences.pages.forms import JoinForm
from audiences.pages.frame import language_of, nothing_here, public, show
from audiences.services.join_page import count_visit
from audiences.services.joining import SignUp, sign_up
from audiences.wording import wording_of
from config.rates import Quota, take

TEN_MINUTES, HOUR = 600, 3600


@public
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """GET shows the form, POST signs up and leads to a page that says so. 404: no such page, or it is shut."""
    page = _open_page(slug)
    if page is None:
        return nothing_here(request)
    language = language_of(request, store=page.store)
    if "done" in request.GET and request.method != "POST":
        return show(request, "joined", {"store": page.store, "page": page, "kept": "done=1&"}, language=language)
    form = _form(request, page, language)
    if request.method == "POST" and form.is_valid():
        return _signed_up(request, form, page, language)
    if request.method == "GET":
        count_visit(page.store_id, "join")
    context = {"form": form, "page": page, "store": page.store, "wording": wording_of(page, language=language).text}
    return show(request, "join", context, language=language, status=400 if form.is_bound else 200)


def _open_page(slug: str) -> JoinPage | None:
    rows = JoinPage.objects.select_related("store").filter(store__slug=slug, store__status="active", is_open=True)
    return rows.first()


def _form(request: HttpRequest, page: JoinPage, language: str) -> JoinForm:
    about: dict[str, Any] = {"page": page, "country": page.store.country, "today": timezone.now().date()}
    if request.method != "POST":
        return JoinForm(**about)
    with translation.override(language):
        form = JoinForm(request.POST, **about)
        form.is_valid()
    return form


def _signed_up(request: HttpRequest, form: JoinForm, page: JoinPage, language: str) -> HttpResponse:
    """Done, and the same to see for everybody: also for machines, which get nothing done. Raises RateLimited."""
    whose, store = address(request) or "nowhere", page.store
    take(
        [
            Quota("join", settings.JOIN_RATE_ADDRESS, TEN_MINUTES, f"ip:{whose}"),
            Quota("join-store", settings.JOIN_RATE_STORE, HOUR, f"store:{store.pk}"),
        ]
    )
    if not form.trapped:
        wording = wording_of(page, language=language)
        shown = {"page": f"/join/{store.slug}", "wording": wording.text, "wording_version": wording.version}
        evidence = {**shown, "language": language, **of_request(request)}
        sign_up(SignUp(form.cleaned_data["phone"], form.values(), language, evidence), store=store)
    where = reverse("join", args=[store.slug])
    return HttpResponseRedirect(f"{where}?done=1&lang={language}", status=303)
