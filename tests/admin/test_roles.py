"""Roles: who may do what, each operation done and refused, and what those see who may nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from audiences.models import User
from config.models import AuditEvent
from config.ops.roles import ROLES
from config.ops.rows import OpsAdmin
from tests.admin.matrix import MOVES_NOTHING, OPERATIONS
from tests.admin.test_operations import ask
from tests.factories import ContactFactory, StoreFactory, UserFactory

Hire = Callable[..., tuple[Client, User]]
REASON = "they asked by phone"


@pytest.fixture
def hire(db: None) -> Hire:
    """Somebody of the staff with these roles, and their browser."""

    def hired(*roles: str, **columns: Any) -> tuple[Client, User]:
        user = UserFactory.create(is_staff=True, **columns)
        user.groups.set([Group.objects.get_or_create(name=role)[0] for role in roles])
        browser = Client()
        browser.force_login(user)
        return browser, user

    return hired


def answers_of(name: str) -> dict[str, Any]:
    asked = dict(OPERATIONS[name].answers)
    if asked.get("store") == "its":
        asked["store"] = StoreFactory.create().pk
    return {"reason": REASON, **asked}


def page(row: Model, name: str, *args: object) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{name}", args=args)


def test_every_operation_has_its_row_in_the_matrix() -> None:
    found = {
        f"{model._meta.label}.{operation.name}": operation.roles
        for model, console in admin.site._registry.items()
        if isinstance(console, OpsAdmin)
        for operation in console.operations
    }

    assert found == {name: case.roles for name, case in OPERATIONS.items()}


@pytest.mark.parametrize("role", ["superuser", *ROLES, "nobody"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_done_by_its_roles_alone_and_audited(hire: Hire, name: str, role: str) -> None:
    case = OPERATIONS[name]
    browser, user = hire(*({role} & set(ROLES)), is_superuser=role == "superuser")
    row = case.row()

    ask(browser, name.rpartition(".")[2], row, **answers_of(name))

    events = AuditEvent.objects.filter(actor=f"staff:{user.pk}")
    if role != "superuser" and role not in case.roles:
        assert not events.exists()
        return
    event = events.filter(reason=REASON).latest("pk")
    assert event.ip == "127.0.0.1"
    if name not in MOVES_NOTHING:
        assert event.facts["before"] != event.facts["after"]


def test_a_page_offers_what_the_role_may_do(hire: Hire) -> None:
    row = OPERATIONS["campaigns.Campaign.pause"].row()
    path = page(row, "change", row.pk)

    support, finance = (hire(role)[0].get(path).content.decode() for role in ("support", "finance"))

    assert ("Pause sending" in support, "Pause sending" in finance) == (True, False)
    assert row.name in finance  # type: ignore[attr-defined]


def test_finance_sees_money_and_no_persons(hire: Hire) -> None:
    contact = ContactFactory.create()
    browser, _ = hire("finance")

    assert browser.get(reverse("admin:billing_creditaccount_changelist")).status_code == 200
    assert browser.get(page(contact, "changelist")).status_code == 403
    assert browser.get(page(contact, "change", contact.pk)).status_code == 403
    assert b"Contacts" not in browser.get("/admin/").content


def test_staff_without_a_role_sees_nothing_of_anybody(hire: Hire) -> None:
    campaign = OPERATIONS["campaigns.Campaign.pause"].row()
    browser, _ = hire()

    first = browser.get("/admin/")

    assert first.context["now"] is None
    assert b"You have no role yet" in first.content
    assert browser.get(page(campaign, "changelist")).status_code == 403


def test_a_role_ends_with_the_next_request(hire: Hire) -> None:
    browser, user = hire("support")
    path = reverse("admin:campaigns_campaign_changelist")
    assert browser.get(path).status_code == 200

    user.groups.clear()

    assert browser.get(path).status_code == 403


def test_a_member_of_a_group_who_is_no_staff_may_nothing(hire: Hire) -> None:
    browser, user = hire("operator")
    User.objects.filter(pk=user.pk).update(is_staff=False)

    assert browser.get("/admin/").status_code == 302


@pytest.mark.parametrize(
    ("model", "roles"),
    [
        ("audiences_store", {"support", "operator"}),
        ("audiences_member", {"support"}),
        ("audiences_suppression", {"support"}),
        ("audiences_user", set()),
        ("billing_price", {"finance"}),
        ("billing_creditaccount", {"finance"}),
        ("messaging_provideraccount", {"operator"}),
        ("messaging_route", {"operator"}),
        ("messaging_inboundnumber", {"operator"}),
    ],
)
def test_forms_are_written_by_their_roles_alone(hire: Hire, model: str, roles: set[str]) -> None:
    path = reverse(f"admin:{model}_add")

    may = {role for role in ROLES if hire(role)[0].get(path).status_code == 200}

    assert may == roles
    assert hire(is_superuser=True)[0].get(path).status_code == 200
