"""A store's join page: opening it, its words, and how often it was looked at."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import Error, transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone

from audiences.models import JoinPage, OptInRequest, PageVisits, Store
from audiences.services.joining import page_of
from audiences.states import OPT_IN
from audiences.wording import check_wording
from config.audit import Actor, record
from config.problems import invalid
from config.sql import execute

EDITABLE = ("is_open", "double_opt_in", "wording", "privacy_url", "asks_email", "asks_birthday")
PAGES = ("join", "confirm", "opt_out")
DAYS = 30
web_address = URLValidator(schemes=["https", "http"])


class Figures(NamedTuple):
    """Of the last thirty days: how often each page was opened, and requests by what became of them."""

    visits: dict[str, int]
    requests: dict[str, int]


def join_address(store: Store) -> str:
    """Where the store's page is: what its QR code says."""
    return f"{settings.PUBLIC_URL}/join/{store.slug}"


def edit_page(*, store: Store, changes: Mapping[str, Any], actor: Actor) -> JoinPage:
    """Change some of EDITABLE; the page is made if there is none. Raises InvalidFields."""
    now = timezone.now()
    for name in changes:
        if name not in EDITABLE:
            raise invalid(f"/{name}", "There is no such field.", code="unknown_field")
    check_wording(changes.get("wording", ""))
    _check_address(changes.get("privacy_url", ""))
    with transaction.atomic():
        JoinPage.objects.bulk_create([JoinPage(store=store)], ignore_conflicts=True)
        JoinPage.objects.filter(store=store).update(**changes, updated_at=now)
        subject, fields = f"store:{store.pk}", sorted(changes)
        record("join_page.edit", actor=actor, subject=subject, store_id=store.pk, fields=fields)
    return page_of(store)


def _check_address(text: str) -> None:
    try:
        if text:
            web_address(text)
    except ValidationError:
        raise invalid("/privacy_url", "An address, like https://shop.example/privacy.", code="bad_url") from None


def count_visit(store_id: int, page: str) -> None:
    """One more look at a page: raw, without asking who. A page is shown even if nobody can count. Never raises."""
    sql = """
        INSERT INTO audiences_pagevisits (store_id, day, page, visits)
        VALUES (%(store_id)s, %(day)s, %(page)s, 1)
            ON CONFLICT (store_id, day, page) DO UPDATE SET visits = audiences_pagevisits.visits + 1
    """
    try:
        with transaction.atomic():
            execute(sql, {"store_id": store_id, "day": timezone.now().date(), "page": page})
    except Error:
        return


def figures(store: Store) -> Figures:
    """What happened lately. Indexes: pagevisits_once, optinrequest_store (thirty days of it)."""
    now = timezone.now()
    rows = PageVisits.objects.filter(store=store, day__gt=now.date() - timedelta(days=DAYS))
    visits = rows.aggregate(**{page: Sum("visits", filter=Q(page=page), default=0) for page in PAGES})
    asked = OptInRequest.objects.filter(store=store, created_at__gt=now - timedelta(days=DAYS))
    requests = asked.aggregate(**{state: Count("pk", filter=Q(state=state)) for state in OPT_IN.states})
    return Figures(visits, requests)
