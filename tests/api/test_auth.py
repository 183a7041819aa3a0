"""Who gets in, as whom, and what is refused."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from audiences.auth import SESSION_STORE
from audiences.models import ApiKey, Store
from config.models import AuditEvent
from tests.api.clients import V1, as_role, code, with_key, with_session
from tests.factories import MemberFactory, StoreFactory, api_id


def test_a_key_acts_for_its_store(api: APIClient, store: Store) -> None:
    answer = api.get(f"{V1}/store")

    assert answer.status_code == 200
    assert answer.json()["id"] == api_id(store)


def test_nobody_is_asked_for_a_key(nobody: APIClient) -> None:
    answer = nobody.get(f"{V1}/store")

    assert code(answer) == (401, "UNAUTHENTICATED")
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("token", ["", "hg_live_", "hg_live_abcdefghijkl_wrong", "nonsense", "é" * 40])
def test_a_made_up_key_is_refused(nobody: APIClient, token: str) -> None:
    nobody.credentials(HTTP_AUTHORIZATION=f"Bearer {token}".encode().decode("latin-1"))

    assert code(nobody.get(f"{V1}/store")) == (401, "UNAUTHENTICATED")


def test_a_revoked_key_is_refused(api: APIClient) -> None:
    ApiKey.objects.update(revoked_at=timezone.now())

    assert code(api.get(f"{V1}/store")) == (401, "UNAUTHENTICATED")


def test_an_expired_key_is_refused(api: APIClient) -> None:
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert code(api.get(f"{V1}/store")) == (401, "UNAUTHENTICATED")


def test_a_bad_key_does_not_fall_back_to_the_session(store: Store) -> None:
    client = as_role(store, "owner")
    client.credentials(HTTP_AUTHORIZATION="Bearer hg_live_abcdefghijkl_wrong")

    assert code(client.get(f"{V1}/store")) == (401, "UNAUTHENTICATED")


def test_a_suspended_store_is_refused(api: APIClient) -> None:
    Store.objects.update(status="suspended")

    assert code(api.get(f"{V1}/store")) == (403, "FORBIDDEN")


def test_a_key_in_the_clear_is_refused_when_tls_is_needed(api: APIClient, settings: Settings) -> None:
    settings.API_KEYS_NEED_TLS = True

    assert code(api.get(f"{V1}/store")) == (403, "FORBIDDEN")
    assert api.get(f"{V1}/store", secure=True).status_code == 200


@pytest.mark.parametrize(
    ("role", "reads", "sends", "administers"),
    [("viewer", 200, 403, 403), ("manager", 200, 201, 403), ("owner", 200, 201, 200)],
)
def test_a_role_has_its_scopes(store: Store, role: str, reads: int, sends: int, administers: int) -> None:
    client = as_role(store, role)

    assert client.get(f"{V1}/store").status_code == reads
    assert client.post(f"{V1}/lists", {"name": "VIP"}).status_code == sends
    assert client.patch(f"{V1}/store", {"name": "New"}).status_code == administers


@pytest.mark.parametrize(
    ("scope", "reads", "sends", "administers"),
    [("read", 200, 403, 403), ("send", 403, 201, 403), ("admin", 403, 403, 200)],
)
def test_a_key_has_exactly_its_scopes(store: Store, scope: str, reads: int, sends: int, administers: int) -> None:
    client = with_key(store, scope)

    assert client.get(f"{V1}/store").status_code == reads
    assert client.post(f"{V1}/lists", {"name": "VIP"}).status_code == sends
    assert client.patch(f"{V1}/store", {"name": "New"}).status_code == administers


def test_a_session_needs_the_csrf_token(store: Store) -> None:
    client = with_session(MemberFactory.create(store=store), enforce_csrf_checks=True)

    assert code(client.post(f"{V1}/lists", {"name": "VIP"})) == (403, "FORBIDDEN")


def test_a_member_of_several_stores_chooses_by_header(store: Store, other_store: Store) -> None:
    member = MemberFactory.create(store=store)
    MemberFactory.create(store=other_store, user=member.user)
    client = with_session(member)

    assert code(client.get(f"{V1}/store")) == (403, "FORBIDDEN")
    assert client.get(f"{V1}/store", HTTP_X_STORE=api_id(other_store)).json()["id"] == api_id(other_store)


def test_the_sessions_choice_is_used(store: Store, other_store: Store) -> None:
    member = MemberFactory.create(store=store)
    MemberFactory.create(store=other_store, user=member.user)
    client = with_session(member)
    session = client.session
    session[SESSION_STORE] = other_store.pk
    session.save()

    assert client.get(f"{V1}/store").json()["id"] == api_id(other_store)


@pytest.mark.parametrize("wanted", ["stranger", "nonsense"])
def test_a_store_that_one_is_no_member_of_cannot_be_chosen(store: Store, wanted: str) -> None:
    client = as_role(store, "owner")
    header = api_id(StoreFactory.create()) if wanted == "stranger" else wanted

    assert code(client.get(f"{V1}/store", HTTP_X_STORE=header)) == (403, "FORBIDDEN")


def test_the_audit_names_key_and_address(api: APIClient) -> None:
    api.post(f"{V1}/lists", {"name": "VIP"}, REMOTE_ADDR="198.51.100.7", HTTP_X_FORWARDED_FOR="203.0.113.9")

    event = AuditEvent.objects.get(action="list.create")
    assert (event.actor, event.ip) == (f"key:{ApiKey.objects.get().pk}", "198.51.100.7")


def test_behind_a_proxy_the_address_is_what_the_proxy_saw(api: APIClient, settings: Settings) -> None:
    settings.BEHIND_PROXY = True

    api.post(f"{V1}/lists", {"name": "VIP"}, HTTP_X_FORWARDED_FOR="10.9.9.9, 203.0.113.9")

    assert AuditEvent.objects.get(action="list.create").ip == "203.0.113.9"
