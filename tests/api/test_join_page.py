"""The join page over the API: on and off, its words, its code, and what came of it."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from audiences.models import JoinPage, OptInRequest, Store
from audiences.phones import Phone
from audiences.services.joining import SignUp, sign_up
from config.models import AuditEvent
from tests.api.clients import V1, as_role, code, pointers

PATH = f"{V1}/store/join"


def shown(api: APIClient) -> dict[str, Any]:
    answer = api.get(PATH)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_a_store_has_a_page_that_is_shut(api: APIClient, store: Store, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://sms.example.com"
    Store.objects.filter(pk=store.pk).update(name="Corner Shop")

    found = shown(api)

    assert found["url"] == f"https://sms.example.com/join/{store.slug}"
    assert (found["is_open"], found["double_opt_in"], found["wording"]) == (False, True, "")
    assert found["visits"] == {"join": 0, "confirm": 0, "opt_out": 0}
    assert found["requests"] == {"waiting": 0, "sent": 0, "confirmed": 0, "refused": 0, "expired": 0}
    assert "marketing text messages from Corner Shop" in found["wordings"]["en"]
    assert "διαφημιστικά SMS από την επιχείρηση Corner Shop" in found["wordings"]["el"]
    assert not JoinPage.objects.exists()


def test_it_is_opened_with_words_of_the_stores_own(api: APIClient, store: Store) -> None:
    answer = api.patch(PATH, {"is_open": True, "wording": "Ναι, στείλτε μου SMS.", "double_opt_in": False})

    assert answer.status_code == 200
    assert answer.json()["wordings"] == {"en": "Ναι, στείλτε μου SMS.", "el": "Ναι, στείλτε μου SMS."}
    assert b"SMS." in Client().get(f"/join/{store.slug}").content
    event = AuditEvent.objects.get(action="join_page.edit")
    assert event.facts == {"fields": ["double_opt_in", "is_open", "wording"]}


def test_what_is_left_out_stays(api: APIClient, store: Store) -> None:
    api.patch(PATH, {"is_open": True, "asks_email": False})

    api.patch(PATH, {"privacy_url": "https://shop.example/privacy"})

    page = JoinPage.objects.get()
    assert (page.is_open, page.asks_email, page.privacy_url) == (True, False, "https://shop.example/privacy")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"wording": "x" * 501}, ("#/wording", "max_length")),
        ({"wording": "bell \x07"}, ("#/wording", "plain_text")),
        ({"privacy_url": "javascript:alert(1)"}, ("#/privacy_url", "invalid")),
        ({"is_open": "perhaps"}, ("#/is_open", "invalid")),
        ({"is_open": 1}, ("#/is_open", "invalid")),
        ({"slug": "mine"}, ("#/slug", "unknown_field")),
        ({"url": "https://elsewhere.example"}, ("#/url", "read_only")),
    ],
)
def test_what_it_cannot_say_changes_nothing(api: APIClient, body: dict[str, Any], wrong: tuple[str, str]) -> None:
    answer = api.patch(PATH, body)

    assert code(answer) == (400, "VALIDATION_ERROR")
    assert pointers(answer) == [wrong]
    assert not JoinPage.objects.exists()


def test_only_an_owner_changes_it(store: Store) -> None:
    manager = as_role(store, "manager")

    assert manager.get(PATH).status_code == 200
    assert code(manager.patch(PATH, {"is_open": True})) == (403, "FORBIDDEN")


def test_the_code_is_a_drawing_of_the_address(api: APIClient, store: Store, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://sms.example.com"

    answer = api.get(f"{PATH}/qr.svg")

    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
    drawing = ElementTree.fromstring(answer.content)
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    assert int(drawing.attrib["width"]) >= 200
    assert not re.search(rb"<script|href", answer.content)


@pytest.mark.parametrize("wanted", ["image/svg+xml", "application/json", "text/html"])
def test_the_drawing_has_one_form_and_refusals_another(api: APIClient, wanted: str) -> None:
    shown = api.get(f"{PATH}/qr.svg", headers={"Accept": wanted})
    refused = APIClient().get(f"{PATH}/qr.svg", headers={"Accept": wanted})

    assert (shown.status_code, shown["Content-Type"]) == (200, "image/svg+xml")
    assert code(refused) == (401, "UNAUTHENTICATED")


def test_a_name_in_the_drawing_is_only_text(api: APIClient, store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(name="<script>alert(1)</script>")

    assert b"<script" not in api.get(f"{PATH}/qr.svg").content


def test_looks_and_sign_ups_are_counted(api: APIClient, store: Store, other_store: Store) -> None:
    api.patch(PATH, {"is_open": True})
    for _ in range(3):
        Client().get(f"/join/{store.slug}")
    for where, n in ((store, 1), (store, 2), (other_store, 3)):
        sign_up(SignUp(Phone(f"+30694111111{n}", "GR"), {}, "en", {}), store=where)
    OptInRequest.objects.filter(pk=OptInRequest.objects.earliest("pk").pk).update(state="sent")

    found = shown(api)

    assert found["visits"]["join"] == 3
    assert found["requests"] == {"waiting": 1, "sent": 1, "confirmed": 0, "refused": 0, "expired": 0}
