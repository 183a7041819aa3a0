"""Every table is in the ops console, every page of it is cheap, and no state can be edited there."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import CompositePrimaryKey, Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from audiences.models import User
from tests.admin.conftest import boss, filled, ops
from tests.admin.rows import some
from tests.architecture.test_urls import routes
from tests.factories import UserFactory

__all__ = ["boss", "filled", "ops"]
OURS = ("audiences", "billing", "campaigns", "messaging", "config")
SHOWN = sorted(admin.site._registry.items(), key=lambda item: item[0]._meta.label)
OUR_TABLES = [model for model, _ in SHOWN if model._meta.app_label in OURS]
# A state, or a number that follows from others: it moves by its service alone.
NEVER_EDITED = re.compile(
    r"<(?:input|select|textarea)[^>]*\bname=\"(status|state|outcome|balance|held|overdraft|allowance|charged|released|"
    r"sending_stopped|credentials|digest|phone_hash|run|fence|amount|counts)\""
)
WRITABLE = {"audiences.Store", "audiences.Member", "audiences.User", "messaging.ProviderAccount", "messaging.Route"}
ADDABLE = WRITABLE | {"billing.Price", "billing.CreditAccount", "audiences.Suppression", "messaging.InboundNumber"}


def page(model: type[Model], name: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def test_every_table_of_ours_is_shown() -> None:
    ours = {model for app in OURS for model in apps.get_app_config(app).get_models()}
    singles = {model for model in ours if not isinstance(model._meta.pk, CompositePrimaryKey)}

    assert singles - {model for model, _ in SHOWN} == set()


def statements(ops: Client, path: str, **query: str) -> int:
    """How many statements a page takes; it must open."""
    with CaptureQueriesContext(connection) as captured:
        answer = ops.get(path, query)
    assert answer.status_code == 200, path
    return len(captured)


def test_every_list_opens_with_rows_in_twelve_statements(ops: Client, filled: None) -> None:
    costs = {model._meta.label: statements(ops, page(model, "changelist")) for model, _ in SHOWN}
    searches = {model._meta.label: statements(ops, page(model, "changelist"), q="1") for model, _ in SHOWN}

    assert {label: cost for label, cost in costs.items() if cost > 12} == {}
    assert {label: cost for label, cost in searches.items() if cost > 12} == {}
    assert [model._meta.label for model in OUR_TABLES if model._default_manager.count() < 3] == []


def test_every_page_opens_in_twelve_statements(ops: Client, filled: None) -> None:
    costs = {model._meta.label: statements(ops, page(model, "change", some(model).pk)) for model in OUR_TABLES}

    assert {label: cost for label, cost in costs.items() if cost > 12} == {}


def test_no_page_lets_a_state_or_a_sum_be_edited(ops: Client, filled: None) -> None:
    pages = {model._meta.label: ops.get(page(model, "change", some(model).pk)) for model in OUR_TABLES}

    found = {label: NEVER_EDITED.findall(answer.content.decode()) for label, answer in pages.items()}

    assert {label: names for label, names in found.items() if names} == {}


def test_what_is_not_a_setting_is_read_only(ops: Client, filled: None) -> None:
    adding = {model._meta.label for model in OUR_TABLES if ops.get(page(model, "add")).status_code != 403}
    changing = {
        model._meta.label
        for model in OUR_TABLES
        if ops.post(page(model, "change", some(model).pk), {}).status_code != 403
    }

    assert adding == ADDABLE
    assert changing == WRITABLE


def test_nothing_but_members_and_prices_to_come_is_deleted(ops: Client, filled: None) -> None:
    deleting = {
        model._meta.label for model in OUR_TABLES if ops.get(page(model, "delete", some(model).pk)).status_code != 403
    }

    assert deleting == {"audiences.Member", "billing.Price"}


def test_the_first_page_is_cheap(ops: Client, filled: None) -> None:
    assert statements(ops, "/admin/") <= 12


def test_who_is_no_staff_is_asked_to_log_in(client: Client, filled: None) -> None:
    client.force_login(User.objects.create_user(email="merchant@example.org", password="correct horse battery"))
    paths = ["/admin/", *(page(model, "changelist") for model, _ in SHOWN)]
    paths += [page(model, "change", some(model).pk) for model in OUR_TABLES]

    answers = [client.get(path) for path in paths]

    assert {answer.status_code for answer in answers} == {302}
    assert {answer["Location"].partition("?")[0] for answer in answers} == {"/admin/login/"}


def everywhere() -> list[str]:
    """Every address below /admin/, with the numbers of rows that there are."""
    found = [route.path for route in routes() if route.path.startswith("/admin/")]
    paths = [path for path in found if "{}" not in path and path != "/admin/login/"]
    for model in OUR_TABLES:
        pages = {page(model, name, some(model).pk) for name in ("change", "delete", "history")}
        paths += [address for address in pages if address]
    return [path if path.endswith("/") else f"{path}/" for path in paths]


@pytest.mark.parametrize("who", ["nobody", "merchant", "half way"])
def test_no_address_of_the_console_tells_anything_to(
    client: Client, filled: None, settings: Settings, who: str
) -> None:
    settings.OPS_TOTP_REQUIRED = True
    if who != "nobody":
        staff = who == "half way"
        user = UserFactory.create(is_staff=staff, is_superuser=staff)
        client.force_login(user)
    doors = {"/admin/login/", "/admin/second-factor/", "/admin/second-factor/set-up/", "/admin/", "/login"}

    for path in everywhere():
        for answer in (client.get(path), client.post(path, {"action": "cancel", "confirmed": "yes", "reason": "x"})):
            told = (who, path, answer.status_code)
            if path.startswith("/admin/second-factor/"):
                continue
            assert answer.status_code in {302, 404, 405}, told
            assert answer.status_code != 302 or answer["Location"].partition("?")[0] in doors, told
