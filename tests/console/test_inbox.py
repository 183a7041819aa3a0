"""Texts from people in the console: what they wrote, what was read in it, what somebody has to decide."""

import re

from django.test import Client

from audiences.models import Store
from messaging.models import InboundMessage
from tests.api.rows import row_of
from tests.console.conftest import as_member


def calls(body: str) -> list[str]:
    return re.findall(r'data-api="POST inbound/\w+/(\w+)"', body)


def test_a_text_is_shown_with_what_it_means(store: Store, owner: Client) -> None:
    row_of(store, "inb")

    body = owner.get("/inbox").content.decode()

    assert "take me off" in body
    assert "Most likely wants no more" in body
    assert "somebody waits" in body
    assert calls(body) == ["confirm", "lift"]
    assert body.count("data-reasoned") == 2


def test_nobody_texted_yet(owner: Client) -> None:
    assert "Nobody has texted yet" in owner.get("/inbox").content.decode()
    assert "Nothing to decide" in owner.get("/inbox?review=open").content.decode()


def test_the_review_list_has_only_what_waits(store: Store, owner: Client) -> None:
    row_of(store, "inb")
    row_of(store, "inb")
    InboundMessage.objects.filter(pk=InboundMessage.objects.latest("pk").pk).update(
        review="confirmed", text="thank you", meaning="ordinary"
    )

    waiting = owner.get("/inbox?review=open").content.decode()
    ordinary = owner.get("/inbox?meaning=ordinary").content.decode()

    assert ("take me off" in waiting, "thank you" in waiting) == (True, False)
    assert ("take me off" in ordinary, "thank you" in ordinary) == (False, True)
    assert "Decided: an opt-out" in ordinary
    assert "No text is like that" in owner.get("/inbox?meaning=join").content.decode()


def test_a_viewer_decides_nothing(store: Store, viewer: Client) -> None:
    row_of(store, "inb")

    assert calls(viewer.get("/inbox").content.decode()) == []


def test_another_stores_texts_are_not_shown(store: Store, other_store: Store) -> None:
    row_of(store, "inb")

    assert "take me off" not in as_member(other_store).get("/inbox").content.decode()


def test_a_text_of_somebody_who_was_erased_has_no_words(store: Store, owner: Client) -> None:
    row_of(store, "inb")
    InboundMessage.objects.update(text="", phone=None, phone_hash=None)

    assert owner.get("/inbox").content.decode().count("Erased") == 2


def test_a_filter_that_there_is_not_is_refused(owner: Client) -> None:
    answer = owner.get("/inbox?meaning=nonsense")

    assert answer.status_code == 400
    assert b"VALIDATION_ERROR" in answer.content
