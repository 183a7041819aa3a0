"""Balance, ledger and holds over HTTP."""

import pytest
from rest_framework.test import APIClient

from audiences.models import Store
from billing.services import charge, grant, hold
from config.audit import Actor
from tests.api.clients import V1, code
from tests.factories import UserFactory


@pytest.fixture
def books(store: Store) -> None:
    """100 credits granted, 60 held, 20 of them charged."""
    staff = Actor(f"staff:{UserFactory.create().pk}")
    grant(store_id=store.pk, amount=100, key="g1", label="Welcome", actor=staff)
    held = hold(store_id=store.pk, amount=60, key="campaign:1:1", label="Spring sale")
    charge(reservation_id=held.pk, amount=20, key="batch:1:1", label="Spring sale")


@pytest.mark.usefixtures("books")
def test_the_balance_says_what_may_be_held(api: APIClient) -> None:
    answer = api.get(f"{V1}/store/balance")

    shown = {"balance": 80, "held": 40, "allowance": 0, "allowance_held": 0, "overdraft": 0, "available": 40}
    assert answer.json() == shown


def test_a_store_that_never_bought_has_nothing(api: APIClient) -> None:
    assert api.get(f"{V1}/store/balance").json()["available"] == 0


@pytest.mark.usefixtures("books")
def test_the_ledger_is_newest_first(api: APIClient) -> None:
    rows = api.get(f"{V1}/billing/ledger").json()["results"]

    assert [(row["kind"], row["amount"], row["balance_after"]) for row in rows] == [
        ("charge", -20, 80),
        ("grant", 100, 100),
    ]
    assert rows[1]["actor"].startswith("staff:usr_")
    assert rows[0]["reservation"].startswith("res_")


@pytest.mark.usefixtures("books")
def test_the_ledger_is_narrowed_by_kind(api: APIClient) -> None:
    rows = api.get(f"{V1}/billing/ledger?kind=grant").json()["results"]

    assert [row["kind"] for row in rows] == ["grant"]
    assert code(api.get(f"{V1}/billing/ledger?kind=gift")) == (400, "VALIDATION_ERROR")


@pytest.mark.usefixtures("books")
def test_holds_show_what_remains(api: APIClient) -> None:
    [row] = api.get(f"{V1}/billing/reservations?state=open").json()["results"]

    assert (row["label"], row["amount"], row["charged"], row["remaining"]) == ("Spring sale", 60, 20, 40)


@pytest.mark.usefixtures("books")
def test_a_stranger_sees_no_money(stranger: APIClient) -> None:
    assert stranger.get(f"{V1}/store/balance").json()["balance"] == 0
    assert stranger.get(f"{V1}/billing/ledger").json()["results"] == []
    assert stranger.get(f"{V1}/billing/reservations").json()["results"] == []
