"""The stores that somebody may act for: seen by whoever is logged in, opened by people, never by keys."""

from rest_framework.test import APIClient

from audiences.models import Member, Store
from billing.models import CreditAccount
from tests.api.clients import V1, code, pointers, with_key, with_session
from tests.factories import MemberFactory, UserFactory, api_id

NEW = {"name": "Corner Shop", "country": "GR", "sender": "Corner"}


def person() -> APIClient:
    """Somebody who is logged in and works for nobody."""
    client = APIClient(raise_request_exception=False)
    client.force_login(UserFactory.create())
    return client


def test_a_person_sees_their_stores_with_the_role(store: Store, other_store: Store) -> None:
    member = MemberFactory.create(store=store, role="viewer")
    MemberFactory.create(store=other_store, user=member.user, role="owner")
    MemberFactory.create()

    found = with_session(member).get(f"{V1}/stores").json()["results"]

    assert [(row["id"], row["role"]) for row in found] == [(api_id(other_store), "owner"), (api_id(store), "viewer")]


def test_what_is_listed_can_be_chosen(store: Store, other_store: Store) -> None:
    member = MemberFactory.create(store=store)
    MemberFactory.create(store=other_store, user=member.user)
    client = with_session(member)

    for row in client.get(f"{V1}/stores").json()["results"]:
        assert client.get(f"{V1}/store", headers={"X-Store": row["id"]}).json()["name"] == row["name"]


def test_a_key_sees_its_own_store(api: APIClient, store: Store, other_store: Store) -> None:
    found = api.get(f"{V1}/stores").json()["results"]

    assert [(row["id"], row["role"]) for row in found] == [(api_id(store), None)]


def test_a_key_cannot_choose_another_store(api: APIClient, store: Store, other_store: Store) -> None:
    assert api.get(f"{V1}/store", headers={"X-Store": api_id(other_store)}).json()["id"] == api_id(store)


def test_a_key_needs_the_scope_to_read(store: Store) -> None:
    assert code(with_key(store, "send").get(f"{V1}/stores")) == (403, "FORBIDDEN")


def test_who_works_for_nobody_sees_none_and_may_open_one(db: None) -> None:
    client = person()
    assert client.get(f"{V1}/stores").json()["results"] == []

    answer = client.post(f"{V1}/stores", NEW)

    made = Store.objects.get()
    assert answer.status_code == 201
    assert (answer.json()["id"], answer.json()["role"], answer.json()["slug"]) == (api_id(made), "owner", "corner-shop")
    assert Member.objects.get().role == "owner"
    assert not CreditAccount.objects.filter(balance__gt=0).exists()
    assert client.get(f"{V1}/store").json()["name"] == "Corner Shop"


def test_a_key_opens_no_store(api: APIClient) -> None:
    assert code(api.post(f"{V1}/stores", NEW)) == (403, "FORBIDDEN")
    assert Store.objects.count() == 1


def test_a_slug_is_taken_once(db: None) -> None:
    person().post(f"{V1}/stores", NEW)

    assert code(person().post(f"{V1}/stores", NEW)) == (409, "CONFLICT")
    assert Store.objects.count() == 1
    assert Member.objects.count() == 1


def test_a_name_that_makes_no_slug_needs_one(db: None) -> None:
    answer = person().post(f"{V1}/stores", NEW | {"name": "Καφενείο"})

    assert code(answer) == (400, "VALIDATION_ERROR")
    assert pointers(answer)[0][0] == "#/slug"
    assert not Store.objects.exists()


def test_nobody_sees_nothing(nobody: APIClient) -> None:
    assert code(nobody.get(f"{V1}/stores")) == (401, "UNAUTHENTICATED")
    assert code(nobody.post(f"{V1}/stores", NEW)) == (401, "UNAUTHENTICATED")


def test_a_session_needs_its_token_to_open_a_store(db: None) -> None:
    client = APIClient(raise_request_exception=False, enforce_csrf_checks=True)
    client.force_login(UserFactory.create())

    assert code(client.post(f"{V1}/stores", NEW)) == (403, "FORBIDDEN")
    assert not Store.objects.exists()
