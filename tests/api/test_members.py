"""Who works for a store: invited by e-mail, in a role, taken away; never without an owner."""

import pytest
from rest_framework.test import APIClient

from audiences.models import Member, Store, User
from config.models import AuditEvent
from tests.api.clients import V1, as_role, code, pointers, with_session
from tests.factories import MemberFactory, UserFactory, api_id


def test_somebody_new_gets_a_login_without_a_password(api: APIClient, store: Store) -> None:
    answer = api.post(f"{V1}/members", {"email": " Ada@Example.org ", "role": "manager"})

    user = User.objects.get(email="ada@example.org")
    assert answer.status_code == 201
    assert (answer.json()["email"], answer.json()["role"]) == ("ada@example.org", "manager")
    assert not user.has_usable_password()
    assert Member.objects.get(user=user).store == store


def test_somebody_known_becomes_a_member_and_stays_what_they_are(api: APIClient, other_store: Store) -> None:
    member = MemberFactory.create(store=other_store, role="owner")

    answer = api.post(f"{V1}/members", {"email": member.user.email, "role": "viewer"})

    assert answer.status_code == 201
    assert member.user.check_password("correct horse battery")
    assert sorted(member.user.memberships.values_list("role", flat=True)) == ["owner", "viewer"]


def test_nobody_is_a_member_twice(api: APIClient, store: Store) -> None:
    member = MemberFactory.create(store=store, role="manager")

    answer = api.post(f"{V1}/members", {"email": member.user.email, "role": "owner"})

    assert code(answer) == (409, "CONFLICT")
    member.refresh_from_db()
    assert member.role == "manager"


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"email": "ada", "role": "viewer"}, "#/email"),
        ({"email": "ada@example.org", "role": "king"}, "#/role"),
        ({"email": "ada@example.org"}, "#/role"),
        ({"role": "viewer"}, "#/email"),
        ({"email": "ada@example.org", "role": "viewer", "password": "x"}, "#/password"),
    ],
)
def test_what_is_not_an_invitation_makes_nobody(api: APIClient, body: dict[str, str], wrong: str) -> None:
    answer = api.post(f"{V1}/members", body)

    assert code(answer) == (400, "VALIDATION_ERROR")
    assert [pointer for pointer, _ in pointers(answer)] == [wrong]
    assert not User.objects.exists()


def test_a_role_is_changed_and_works_at_once(api: APIClient, store: Store) -> None:
    MemberFactory.create(store=store)
    member = MemberFactory.create(store=store, role="viewer")
    client = with_session(member)
    assert client.post(f"{V1}/lists", {"name": "A"}).status_code == 403

    answer = api.patch(f"{V1}/members/{api_id(member)}", {"role": "manager"})

    assert answer.json()["role"] == "manager"
    assert client.post(f"{V1}/lists", {"name": "A"}).status_code == 201


def test_who_is_taken_away_sees_nothing_from_then_on(api: APIClient, store: Store) -> None:
    MemberFactory.create(store=store)
    member = MemberFactory.create(store=store, role="manager")
    client = with_session(member)

    assert api.delete(f"{V1}/members/{api_id(member)}").status_code == 204

    assert code(client.get(f"{V1}/store")) == (403, "FORBIDDEN")
    assert code(api.get(f"{V1}/members/{api_id(member)}")) == (404, "NOT_FOUND")


def test_the_last_owner_stays(store: Store) -> None:
    owner = MemberFactory.create(store=store)
    client = with_session(owner)

    assert code(client.delete(f"{V1}/members/{api_id(owner)}")) == (409, "CONFLICT")
    assert code(client.patch(f"{V1}/members/{api_id(owner)}", {"role": "viewer"})) == (409, "CONFLICT")
    assert Member.objects.get(store=store).role == "owner"


def test_one_of_two_owners_may_go(store: Store) -> None:
    one, other = MemberFactory.create_batch(2, store=store)

    assert with_session(one).delete(f"{V1}/members/{api_id(other)}").status_code == 204
    assert code(with_session(one).delete(f"{V1}/members/{api_id(one)}")) == (409, "CONFLICT")


@pytest.mark.parametrize("role", ["viewer", "manager"])
def test_only_owners_see_and_change_members(store: Store, role: str) -> None:
    client = as_role(store, role)

    assert code(client.get(f"{V1}/members")) == (403, "FORBIDDEN")
    assert code(client.post(f"{V1}/members", {"email": "ada@example.org", "role": "owner"})) == (403, "FORBIDDEN")
    assert not User.objects.filter(email="ada@example.org").exists()


def test_the_list_shows_who_and_when(api: APIClient, store: Store, other_store: Store) -> None:
    member = MemberFactory.create(store=store, user=UserFactory.create(email="grace@example.org"))
    MemberFactory.create(store=other_store)

    [shown] = api.get(f"{V1}/members").json()["results"]

    assert set(shown) == {"id", "user", "email", "role", "created_at", "last_login"}
    assert (shown["id"], shown["email"], shown["last_login"]) == (api_id(member), "grace@example.org", None)


def test_every_change_is_in_the_audit_without_the_address(api: APIClient, store: Store) -> None:
    MemberFactory.create(store=store)
    made = api.post(f"{V1}/members", {"email": "ada@example.org", "role": "viewer"}).json()
    api.patch(f"{V1}/members/{made['id']}", {"role": "manager"})
    api.delete(f"{V1}/members/{made['id']}")

    told = AuditEvent.objects.filter(action__startswith="member").order_by("pk")
    assert [(event.action, event.facts) for event in told] == [
        ("member.set", {"role": "viewer"}),
        ("member.set", {"role": "manager"}),
        ("member.remove", {}),
    ]
