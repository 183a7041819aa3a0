"""The audit in the console: who, what, before and after, why; and lists that are found by another table's columns."""

from django.test import Client
from django.urls import reverse

from audiences.models import Store, User
from billing.models import LedgerEntry
from config.audit import Actor, record
from tests.admin.test_operations import ask
from tests.factories import CreditAccountFactory, StoreFactory

LIST = "admin:config_auditevent_changelist"


def shown(ops: Client, **query: str) -> str:
    return ops.get(reverse(LIST), query).content.decode()


def test_it_says_who_did_what_and_why(ops: Client, boss: User, store: Store) -> None:
    ask(ops, "stop_sending", store, reason="complaints")

    page = shown(ops)

    assert f"staff:{boss.pk} boss@example.org" in page
    assert f'<a href="/admin/audiences/store/{store.pk}/change/">store:{store.pk}</a>' in page
    assert "sending → stopped" in page
    assert "complaints" in page


def test_an_actor_who_is_nobodys_number_does_not_break_the_list(ops: Client) -> None:
    for name in ("command:doctor", "system", "staff:", "staff:x", f"staff:{9 * 10**18}", "key:7", "visitor"):
        record("store.edit", actor=Actor(name), subject="store:1")

    page = shown(ops)

    assert all(name in page for name in ("command:doctor", "staff:x", "visitor"))


def test_it_is_narrowed_to_staff_and_to_a_subject(ops: Client, store: Store) -> None:
    ask(ops, "stop_sending", store, reason="complaints")
    record("store.edit", actor=Actor("key:7"), subject="store:99")

    assert "key:7" not in shown(ops, by="staff")
    assert "complaints" in shown(ops, by="staff")
    assert "complaints" not in shown(ops, q="store:99")
    assert "key:7" in shown(ops, q="store:99")


def test_the_page_of_a_row_leads_to_its_audit(ops: Client, store: Store) -> None:
    page = ops.get(reverse("admin:audiences_store_change", args=[store.pk])).content.decode()

    assert f"/admin/config/auditevent/?q=store%3A{store.pk}" in page


def test_entries_are_found_by_the_store(ops: Client) -> None:
    mine, other = (CreditAccountFactory.create(store=StoreFactory.create(slug=slug)) for slug in ("mine", "other"))

    page = ops.get(reverse("admin:billing_ledgerentry_changelist"), {"q": "mine"})

    assert [entry.account_id for entry in page.context["cl"].result_list] == [mine.pk]
    assert LedgerEntry.objects.filter(account=other).exists()


def test_the_lock_says_its_code(client: Client, boss: User) -> None:
    for _ in range(6):
        answer = client.post("/admin/login/", {"username": "Boss@Example.org", "password": "wrong"})

    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    assert b"Try again in 15 minutes. (RATE_LIMITED)" in answer.content
