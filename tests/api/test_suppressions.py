"""Phones that a store must not text: added and asked by number, listed and lifted by id, never given back."""

import json

import pytest
from rest_framework.test import APIClient

from audiences.models import Store, Suppression
from audiences.phones import phone_hash
from audiences.services.consent import suppress
from config.audit import SYSTEM
from config.models import AuditEvent
from config.opaque import public_id
from tests.api.clients import V1, as_role, code, pointers
from tests.factories import ContactFactory

PHONE = "+306971234567"


def add(client: APIClient, phone: str = PHONE, **body: str) -> dict[str, str]:
    """The suppression as the API shows it."""
    shown: dict[str, str] = client.post(f"{V1}/suppressions", {"phone": phone, **body}).json()
    return shown


def test_a_phone_is_suppressed_however_it_is_written(api: APIClient, store: Store) -> None:
    first = api.post(f"{V1}/suppressions", {"phone": "697 123 4567", "reason": "complaint"})
    again = api.post(f"{V1}/suppressions", {"phone": PHONE, "reason": "complaint"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    row = Suppression.objects.get()
    assert (row.store, bytes(row.phone_hash), row.reason) == (store, phone_hash(PHONE), "complaint")


def test_the_number_is_never_given_back(api: APIClient) -> None:
    made = add(api)
    answers = [made, api.get(f"{V1}/suppressions").json(), api.get(f"{V1}/suppressions/{made['id']}").json()]
    answers.append(api.get(f"{V1}/audit").json())

    said = json.dumps(answers)
    assert "1234567" not in said
    assert phone_hash(PHONE).hex() not in said


def test_a_suppressed_contact_is_left_out_of_the_price(api: APIClient, store: Store) -> None:
    contact = ContactFactory.create(store=store)
    ContactFactory.create(store=store)
    add(api, contact.phone or "", reason="complaint")

    draft = {"message": "Hello", "audience": {"all": True}}
    quote = api.post(f"{V1}/campaigns/quote", draft).json()

    assert (quote["recipients"], quote["exclusions"]) == (1, {"suppressed": 1})


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"phone": "12"}, ("#/phone", "too_short")),
        ({}, ("#/phone", "required")),
        ({"phone": PHONE, "reason": "staff"}, ("#/reason", "invalid_choice")),
        ({"phone": PHONE, "reason": "erased"}, ("#/reason", "invalid_choice")),
    ],
)
def test_what_is_not_a_suppression_adds_none(api: APIClient, body: dict[str, str], wrong: tuple[str, str]) -> None:
    answer = api.post(f"{V1}/suppressions", body)

    assert code(answer) == (400, "VALIDATION_ERROR")
    assert pointers(answer) == [wrong]
    assert not Suppression.objects.exists()


def test_a_phone_can_be_asked_about(api: APIClient) -> None:
    made = add(api)

    found = api.post(f"{V1}/suppressions/lookup", {"phone": "6971234567"}).json()
    other = api.post(f"{V1}/suppressions/lookup", {"phone": "6971234568"}).json()

    assert found == {"suppressed": True, "everywhere": False, "suppression": made, "suppressions": [made]}
    assert other == {"suppressed": False, "everywhere": False, "suppression": None, "suppressions": []}


def test_another_stores_suppression_is_not_known_here(api: APIClient, stranger: APIClient) -> None:
    made = add(stranger)

    assert api.post(f"{V1}/suppressions/lookup", {"phone": PHONE}).json()["suppressed"] is False
    assert api.get(f"{V1}/suppressions").json()["results"] == []
    assert code(api.post(f"{V1}/suppressions/{made['id']}/lift", {"reason": "mine"})) == (404, "NOT_FOUND")


def test_one_for_all_stores_is_known_and_not_liftable(api: APIClient) -> None:
    suppress(store_id=None, phone=PHONE, reason="staff", source="ops", actor=SYSTEM)
    row = public_id(Suppression.objects.get().pk, kind="sup")

    found = api.post(f"{V1}/suppressions/lookup", {"phone": PHONE}).json()

    assert found == {"suppressed": True, "everywhere": True, "suppression": None, "suppressions": []}
    assert api.get(f"{V1}/suppressions").json()["results"] == []
    assert code(api.post(f"{V1}/suppressions/{row}/lift", {"reason": "please"})) == (404, "NOT_FOUND")


def test_it_is_lifted_with_a_reason(api: APIClient) -> None:
    made = add(api)

    assert api.post(f"{V1}/suppressions/{made['id']}/lift", {"reason": "wrote to us"}).status_code == 204

    assert not Suppression.objects.exists()
    event = AuditEvent.objects.get(action="suppression.remove")
    assert (event.reason, event.facts) == ("wrote to us", {"why": "opt_out", "before": "suppressed", "after": "lifted"})


def test_each_reason_is_a_suppression_of_its_own(api: APIClient) -> None:
    out, complaint = add(api), add(api, reason="complaint")

    found = api.post(f"{V1}/suppressions/lookup", {"phone": PHONE}).json()
    api.post(f"{V1}/suppressions/{complaint['id']}/lift", {"reason": "settled"})
    left = api.post(f"{V1}/suppressions/lookup", {"phone": PHONE}).json()

    assert found["suppressions"] == [complaint, out]
    assert found["suppression"] == complaint
    assert (left["suppressed"], left["suppressions"]) == (True, [out])


def test_without_a_reason_it_stays(api: APIClient) -> None:
    made = add(api)

    assert code(api.post(f"{V1}/suppressions/{made['id']}/lift", {"reason": " "})) == (400, "VALIDATION_ERROR")
    assert Suppression.objects.exists()


def test_what_staff_suppressed_here_only_staff_lifts(api: APIClient, store: Store) -> None:
    suppress(store_id=store.pk, phone=PHONE, reason="staff", source="ops", actor=SYSTEM)
    row = public_id(Suppression.objects.get().pk, kind="sup")

    assert code(api.post(f"{V1}/suppressions/{row}/lift", {"reason": "please"})) == (409, "CONFLICT")
    assert Suppression.objects.exists()


def test_a_manager_adds_and_an_owner_lifts(store: Store) -> None:
    manager, owner = as_role(store, "manager"), as_role(store, "owner")
    made = add(manager)

    assert code(manager.post(f"{V1}/suppressions/{made['id']}/lift", {"reason": "x"})) == (403, "FORBIDDEN")
    assert owner.post(f"{V1}/suppressions/{made['id']}/lift", {"reason": "x"}).status_code == 204


def test_the_list_is_narrowed_by_reason(api: APIClient) -> None:
    add(api)
    wanted = add(api, "+306971234568", reason="complaint")

    assert api.get(f"{V1}/suppressions?reason=complaint").json()["results"] == [wanted]
