"""Who did what: of one's own store, by object, actor and time."""

from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient

from audiences.models import Store
from config.audit import SYSTEM, Actor, record
from config.models import AuditEvent
from config.opaque import public_id
from tests.api.clients import V1, code

CAMPAIGN = public_id(7, kind="cmp")


@pytest.fixture(autouse=True)
def events(store: Store, other_store: Store) -> None:
    """Four of ours, a minute apart, and one of somebody else's."""
    user = Actor("user:3", ip="198.51.100.7")
    record("campaign.create", actor=user, subject="campaign:7", store_id=store.pk)
    record("campaign.launch", actor=user, subject="campaign:7", store_id=store.pk, reason="now")
    staff = Actor("staff:9", ip="10.0.0.1")
    record("store.stop_sending", actor=staff, subject=f"store:{store.pk}", store_id=store.pk)
    record("credits.grant", actor=SYSTEM, subject="price:1", store_id=store.pk, amount=5)
    record("campaign.create", actor=user, subject="campaign:8", store_id=other_store.pk)
    for minute, event in enumerate(AuditEvent.objects.order_by("pk")):
        AuditEvent.objects.filter(pk=event.pk).update(created_at=moment(minute))


def moment(minute: int) -> datetime:
    """So many minutes after noon of a day."""
    return datetime(2026, 3, 1, 12, minute, tzinfo=UTC)


def actions(api: APIClient, **query: str) -> list[str]:
    """What is listed."""
    return [row["action"] for row in api.get(f"{V1}/audit", query).json()["results"] if row["action"] != "key.issue"]


def test_it_shows_who_did_what_from_where(api: APIClient) -> None:
    rows = {row["action"]: row for row in api.get(f"{V1}/audit").json()["results"]}

    launched = rows["campaign.launch"]
    assert launched["actor"] == f"user:{public_id(3, kind='usr')}"
    assert launched["subject"] == f"campaign:{CAMPAIGN}"
    assert (launched["reason"], launched["ip"]) == ("now", "198.51.100.7")
    assert rows["credits.grant"]["subject"] == "price"
    assert rows["credits.grant"]["facts"] == {"amount": 5}


def test_where_staff_works_is_not_shown(api: APIClient) -> None:
    rows = {row["action"]: row for row in api.get(f"{V1}/audit").json()["results"]}

    assert rows["store.stop_sending"]["actor"] == f"staff:{public_id(9, kind='usr')}"
    assert rows["store.stop_sending"]["ip"] is None


def test_newest_first_and_nobody_elses(api: APIClient) -> None:
    assert actions(api) == ["credits.grant", "store.stop_sending", "campaign.launch", "campaign.create"]


def test_it_is_narrowed_by_object_actor_action_and_time(api: APIClient) -> None:
    assert actions(api, subject=f"campaign:{CAMPAIGN}") == ["campaign.launch", "campaign.create"]
    assert actions(api, actor="system") == ["credits.grant"]
    assert actions(api, actor=f"user:{public_id(3, kind='usr')}") == ["campaign.launch", "campaign.create"]
    assert actions(api, action="campaign.launch") == ["campaign.launch"]
    assert actions(api, since="2026-03-01T12:01:00Z", until="2026-03-01T12:03:00Z") == [
        "store.stop_sending",
        "campaign.launch",
    ]


def test_another_stores_object_has_no_audit_here(api: APIClient) -> None:
    assert actions(api, subject=f"campaign:{public_id(8, kind='cmp')}") == []


@pytest.mark.parametrize(
    "query",
    [
        {"subject": "campaign:7"},
        {"subject": "campaign:cmp_aaaaaaaaaaaaaaaaaaaaaaaaaa"},
        {"actor": "user:3"},
        {"since": "yesterday"},
        {"until": ""},
        {"until": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_a_filter_that_is_none_is_refused(api: APIClient, query: dict[str, str]) -> None:
    assert code(api.get(f"{V1}/audit", query)) == (400, "VALIDATION_ERROR")


def test_an_offset_that_only_python_knows_is_understood(api: APIClient) -> None:
    assert actions(api, until="2026-02-28T14:18:00-21:43") == ["campaign.create"]
