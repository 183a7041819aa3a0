"""`manage.py stores`: through the services, with a line in the audit."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from audiences.models import Member, Store
from audiences.services.switch import set_active
from campaigns.models import Campaign
from config.audit import SYSTEM
from config.models import AuditEvent
from config.problems import Conflict
from config.redis import broker
from messaging.sending.claim import claim
from tests.api.clients import V1, code, with_key
from tests.factories import UserFactory
from tests.steps import launched

pytestmark = pytest.mark.django_db


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    call_command("stores", *arguments, "--json")
    return json.loads(capsys.readouterr().out)


def test_stores_are_listed_by_name(capsys: pytest.CaptureFixture[str], store: Store, other_store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(name="Zeta")
    Store.objects.filter(pk=other_store.pk).update(name="Alpha")

    assert [one["name"] for one in said(capsys, "list")["stores"]] == ["Alpha", "Zeta"]


def test_one_is_made_with_its_owner(capsys: pytest.CaptureFixture[str]) -> None:
    user = UserFactory.create(email="ada@example.org")

    made = said(
        capsys,
        *("create", "--name", "New shop", "--slug", "new-shop", "--country", "gr", "--sender", "NewShop"),
        *("--time-zone", "Europe/Athens", "--owner", "ADA@example.org"),
    )["store"]

    row = Store.objects.get(slug="new-shop")
    assert (made["number"], made["status"], made["country"]) == (row.pk, "active", "GR")
    assert Member.objects.get(store=row).user_id == user.pk
    assert AuditEvent.objects.get(action="store.create").actor == "command:stores"


@pytest.mark.parametrize(
    ("changed", "status", "word"),
    [
        ({"--country": "XX"}, 2, "/country"),
        ({"--owner": "nobody@example.org"}, 2, "USER_NOT_FOUND"),
        ({"--slug": "taken"}, 1, "CONFLICT"),
    ],
)
def test_one_that_cannot_be_is_not_made(store: Store, changed: dict[str, str], status: int, word: str) -> None:
    Store.objects.filter(pk=store.pk).update(slug="taken")
    given = {"--name": "New", "--slug": "new", "--country": "GR", "--sender": "New", **changed}

    with pytest.raises(CommandError, match=word) as refused:
        call_command("stores", "create", *[word for pair in given.items() for word in pair])

    assert refused.value.returncode == status
    assert Store.objects.count() == 1


def test_a_store_is_suspended_and_works_again(capsys: pytest.CaptureFixture[str], store: Store) -> None:
    assert said(capsys, "suspend", store.slug, "--reason", "unpaid")["store"]["status"] == "suspended"
    assert code(with_key(store).post(f"{V1}/lists", {"name": "x"}))[0] == 403

    assert said(capsys, "activate", store.slug, "--reason", "paid")["store"]["status"] == "active"
    assert with_key(store).post(f"{V1}/lists", {"name": "x"}).status_code == 201
    events = AuditEvent.objects.filter(subject=f"store:{store.pk}", actor="command:stores").order_by("pk")
    assert [(event.action, event.reason) for event in events] == [
        ("store.suspend", "unpaid"),
        ("store.activate", "paid"),
    ]


def test_a_suspended_store_sends_nothing_and_goes_on_when_it_is_active_again(
    capsys: pytest.CaptureFixture[str], django_capture_on_commit_callbacks: Any
) -> None:
    campaign = launched(people=2)
    said(capsys, "suspend", campaign.store.slug, "--reason", "x")
    assert claim("worker") is None

    broker().delete("send")
    with django_capture_on_commit_callbacks(execute=True):
        said(capsys, "activate", campaign.store.slug, "--reason", "x")

    assert broker().llen("send") == 4
    broker().delete("send")
    assert claim("worker")
    assert Campaign.objects.get().status == "sending"


def test_its_sending_is_stopped_and_allowed(capsys: pytest.CaptureFixture[str], store: Store) -> None:
    assert said(capsys, "stop-sending", store.slug, "--reason", "spam")["store"]["sending"] == "stopped"
    assert said(capsys, "allow-sending", store.slug, "--reason", "ok")["store"]["sending"] == "allowed"


@pytest.mark.parametrize("action", ["activate", "allow-sending"])
def test_what_is_so_already_is_refused(store: Store, action: str) -> None:
    with pytest.raises(CommandError, match="CONFLICT") as refused:
        call_command("stores", action, store.slug, "--reason", "x")

    assert refused.value.returncode == 1
    assert not AuditEvent.objects.filter(actor="command:stores").exists()


def test_a_switch_needs_a_reason(store: Store) -> None:
    with pytest.raises(CommandError, match="REASON_REQUIRED"):
        call_command("stores", "suspend", store.slug, "--reason", " ")

    assert Store.objects.get().status == "active"


def test_the_service_refuses_what_is_so_already(store: Store) -> None:
    with pytest.raises(Conflict, match="The store is active already"):
        set_active(store_id=store.pk, active=True, actor=SYSTEM, reason="x")
