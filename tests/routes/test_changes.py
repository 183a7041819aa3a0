"""What staff changes about routes: checked, audited, in force from the next batch on."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from config.audit import SYSTEM
from config.models import AuditEvent
from config.problems import Conflict, InvalidFields, NotFound
from messaging.models import AccountHealth, ProviderAccount, Route, RouteEvent
from messaging.routes import changes
from messaging.routes.health import move_away
from tests.factories import ProviderAccountFactory, RouteFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> ProviderAccount:
    return ProviderAccountFactory.create()


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


def values(account: ProviderAccount, **changed: Any) -> dict[str, Any]:
    return {"store": None, "country": "", "account": account, "rank": 1, "weight": 1, **changed}


def test_a_route_is_made_once_and_audited(account: ProviderAccount) -> None:
    made = changes.create_route(values=values(account, country="GR"), actor=SYSTEM)

    with pytest.raises(Conflict):
        changes.create_route(values=values(account, country="GR"), actor=SYSTEM)

    assert Route.objects.get() == made
    event = AuditEvent.objects.get(action="route.create")
    assert (event.subject, event.facts["country"], event.facts["rank"]) == (f"route:{made.pk}", "GR", 1)


@pytest.mark.parametrize(
    "changed", [{"country": "gr"}, {"country": "GRC"}, {"rank": 0}, {"weight": 0}, {"weight": 1001}, {"colour": "red"}]
)
def test_what_makes_no_sense_is_refused(account: ProviderAccount, changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidFields):
        changes.create_route(values=values(account, **changed), actor=SYSTEM)

    assert not Route.objects.exists()


def test_a_change_touches_only_what_it_names(account: ProviderAccount) -> None:
    route = RouteFactory.create(account=account, country="GR")

    changes.change_route(route_id=route.pk, values={"rank": 2}, actor=SYSTEM)

    route.refresh_from_db()
    assert (route.rank, route.country, route.weight) == (2, "GR", 1)


def test_stopping_and_activating_say_why(account: ProviderAccount) -> None:
    route = RouteFactory.create(account=account)

    changes.set_active(route_id=route.pk, active=False, actor=SYSTEM, reason="price went up")
    with pytest.raises(Conflict):
        changes.set_active(route_id=route.pk, active=False, actor=SYSTEM, reason="again")

    route.refresh_from_db()
    assert (route.status, route.status_reason) == ("stopped", "price went up")
    changes.set_active(route_id=route.pk, active=True, actor=SYSTEM, reason="")
    route.refresh_from_db()
    assert (route.status, route.status_reason) == ("active", "")


def test_a_route_that_is_gone_is_not_found(account: ProviderAccount) -> None:
    route = RouteFactory.create(account=account)

    changes.remove_route(route_id=route.pk, actor=SYSTEM, reason="moved")

    with pytest.raises(NotFound):
        changes.change_route(route_id=route.pk, values={"rank": 2}, actor=SYSTEM)
    assert AuditEvent.objects.get(action="route.remove").reason == "moved"


def test_staff_lets_an_account_wait_and_calls_it_back(account: ProviderAccount) -> None:
    changes.let_wait(account=account, actor=SYSTEM, reason="maintenance at theirs")
    with pytest.raises(Conflict):
        changes.let_wait(account=account, actor=SYSTEM, reason="again")
    changes.call_back(account=account, actor=SYSTEM, reason="done")
    with pytest.raises(Conflict):
        changes.call_back(account=account, actor=SYSTEM, reason="again")

    events = RouteEvent.objects.order_by("pk").values_list("move", "reason")
    assert list(events) == [("away", "maintenance at theirs"), ("back", "done")]


def test_the_ops_console_makes_a_route(staff: Client, account: ProviderAccount) -> None:
    answer = staff.post(
        reverse("admin:messaging_route_add"), {"country": "gr", "account": account.pk, "rank": 1, "weight": 2}
    )

    assert answer.status_code == 302
    route = Route.objects.get()
    assert (route.country, route.weight, route.store_id) == ("GR", 2, None)


def test_the_ops_console_stops_a_route_with_a_reason(staff: Client, account: ProviderAccount) -> None:
    route = RouteFactory.create(account=account)
    address = reverse("admin:messaging_route_changelist")

    staff.post(
        address, {"action": "stop", "_selected_action": route.pk, "confirmed": "1", "reason": "too dear"}, follow=True
    )

    route.refresh_from_db()
    assert (route.status, route.status_reason) == ("stopped", "too dear")


def test_the_ops_console_calls_an_account_back(staff: Client, account: ProviderAccount) -> None:
    move_away(account, reason="x")
    address = reverse("admin:messaging_accounthealth_changelist")

    staff.post(
        address,
        {"action": "call_back", "_selected_action": account.pk, "confirmed": "1", "reason": "mended"},
        follow=True,
    )

    assert AccountHealth.objects.get(pk=account.pk).away_until is None
