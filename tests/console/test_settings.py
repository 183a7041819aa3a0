"""Settings in the console: fields of contacts, the join page with its code, answers to texts."""

import re

import pytest
from django.test import Client

from audiences.models import JoinPage, Store
from messaging.models import InboundSettings
from tests.console.conftest import as_member

PAGES = ("/settings", "/settings/fields", "/settings/join", "/settings/answers", "/billing/plan")


def values(body: str, member: str) -> list[str]:
    return re.findall(rf'data-member="{member}"[^>]*value="(\w*)"', body)


def ticked(body: str) -> set[str]:
    return set(re.findall(r'type="checkbox" name="(\w+)" data-type="flag" checked', body))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("role", "saves"), [("owner", 1), ("manager", 0), ("viewer", 0)])
def test_everybody_reads_and_owners_save(store: Store, path: str, role: str, saves: int) -> None:
    body = as_member(store, role).get(path).content.decode()

    assert len(re.findall(r"<button[^>]*>Save<", body)) == saves
    assert ("Only owners change these." in body) == (not saves)
    assert ("disabled><legend" in body) == (not saves)


def test_fields_of_contacts_are_named_with_their_types(store: Store, owner: Client) -> None:
    Store.objects.filter(pk=store.pk).update(custom_fields={"shoe_size": "number", "city": "text"})

    body = owner.get("/settings/fields").content.decode()

    assert values(body, "name") == ["city", "shoe_size", ""]
    assert re.findall(r'<option value="(\w+)" selected>', body)[:3] == ["text", "number", "text"]
    assert 'data-rows="custom_fields" data-pairs' in body


def test_a_store_without_fields_says_so(viewer: Client) -> None:
    assert "There are none." in viewer.get("/settings/fields").content.decode()


def test_the_join_page_is_shut_until_it_is_opened(store: Store, owner: Client) -> None:
    body = owner.get("/settings/join").content.decode()

    assert "Shut" in body
    assert ticked(body) == {"double_opt_in", "asks_email", "asks_birthday"}
    assert f"/join/{store.slug}" in body
    assert 'data-api="PATCH store/join"' in body


def test_an_open_join_page_shows_its_words_and_its_code(store: Store, owner: Client) -> None:
    JoinPage.objects.create(store=store, is_open=True, double_opt_in=False, wording="Ναι, στείλτε μου.")

    body = owner.get("/settings/join").content.decode()
    drawing = owner.get("/api/v1/store/join/qr.svg")

    assert "is_open" in ticked(body)
    assert "Ναι, στείλτε μου.</textarea>" in body
    assert '<img class="qr" src="/api/v1/store/join/qr.svg"' in body
    assert (drawing.status_code, drawing["Content-Type"]) == (200, "image/svg+xml")


def test_the_sample_wording_is_in_the_language_of_the_page(store: Store, owner: Client) -> None:
    english = owner.get("/settings/join").content.decode()
    owner.cookies["django_language"] = "el"
    greek = owner.get("/settings/join").content.decode()

    assert "marketing text messages from" in english
    assert "διαφημιστικά SMS από την επιχείρηση" in greek


def test_answers_are_shown_as_they_are_set(store: Store, owner: Client) -> None:
    before = ticked(owner.get("/settings/answers").content.decode())
    InboundSettings.objects.create(store=store, confirm_stop=False, join=True, help_text="Call us at the shop.")

    body = owner.get("/settings/answers").content.decode()

    assert (before, ticked(body)) == ({"confirm_stop"}, {"join"})
    assert "Call us at the shop.</textarea>" in body
