"""What all public pages share: no cookie, strict headers, two languages, limits, and nothing of it in the log."""

import io
import json
import logging
import re
from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from audiences.confirm_links import address
from audiences.models import OptInRequest, Store
from audiences.opt_out_links import token
from audiences.phones import Phone
from audiences.services.joining import SignUp, sign_up
from tests.factories import ContactFactory

OUTSIDE = re.compile(r"""(?:src|href|action)=["']?(?:https?:)?//|<script|<style|style=|@import|url\(""")


@pytest.fixture
def paths(shop: Store, own: str) -> list[str]:
    """One of each page."""
    sign_up(SignUp(Phone("+306942222222", "GR"), {}, "en", {}), store=shop)
    confirm = "/j/" + address(OptInRequest.objects.get(), store=shop).rpartition("/")[2]
    return [own, confirm, "/join/corner-shop", "/join/corner-shop?done=1", "/u/nothing", "/j/nothing", "/join/nothing"]


def test_every_page_has_the_headers(visitor: Client, paths: list[str]) -> None:
    for path in paths:
        answer = visitor.get(path)

        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
        assert policy == {
            "default-src": "'none'",
            "style-src": "'self'",
            "img-src": "'self'",
            "form-action": "'self'",
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
        }


def test_no_page_sets_a_cookie_or_fetches_anything_from_elsewhere(visitor: Client, paths: list[str]) -> None:
    for path in paths:
        answer = visitor.get(path)

        assert not answer.cookies
        assert not OUTSIDE.search(answer.content.decode()), path
        assert re.findall(r'<link rel="stylesheet" href="([^"]+)"', answer.content.decode()) == [
            "/static/public/page.css"
        ]


@pytest.mark.parametrize("language", ["en", "el"])
def test_every_page_says_its_language_and_leads_to_the_other(visitor: Client, paths: list[str], language: str) -> None:
    for path in paths:
        answer = visitor.get(path, query_params={"lang": language, **({"done": "1"} if "done" in path else {})})
        page = answer.content.decode()

        assert answer["Content-Language"] == language
        assert f'<html lang="{language}">' in page
        assert len(re.findall(r'<a href="\?(?:done=1&amp;)?lang=(?:en|el)"', page)) == 2
        assert page.count("<h1>") == 1
        assert re.search(r"<title>\S", page)


def test_every_input_has_a_label_and_every_button_a_name(visitor: Client, paths: list[str]) -> None:
    for path in paths:
        page = visitor.get(path).content.decode()
        ids = set(re.findall(r'<(?:input|select)[^>]*\bid="(\w+)"', page))

        assert ids == set(re.findall(r'<label for="(\w+)"', page))
        assert all(name.strip() for name in re.findall(r"<button[^>]*>([^<]*)", page))


def test_a_page_is_small(visitor: Client, paths: list[str]) -> None:
    assert max(len(visitor.get(path).content) for path in paths) < 6000


@pytest.mark.parametrize(
    ("asked", "country", "language"),
    [
        ("el-GR,el;q=0.9,en;q=0.5", "DE", "el"),
        ("de-AT,de;q=0.9,el;q=0.3", "DE", "el"),
        ("de", "GR", "el"),
        ("", "CY", "el"),
        ("fr", "FR", "en"),
        ("nonsense;;;q=x", "FR", "en"),
        ("en", "GR", "en"),
    ],
)
def test_the_browser_then_the_country_choose_the_language(shop: Store, asked: str, country: str, language: str) -> None:
    Store.objects.update(country=country)

    answer = Client().get("/join/corner-shop", headers={"Accept-Language": asked})

    assert answer["Content-Language"] == language


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_refused(visitor: Client, own: str, method: str) -> None:
    assert getattr(visitor, method)(own).status_code == 405


def test_an_address_is_slowed_down_and_told_so(visitor: Client, own: str, settings: Settings, uncounted: None) -> None:
    settings.PUBLIC_RATE = 3
    shown = [visitor.get(own).status_code for _ in range(3)]

    answer = visitor.get(own)

    assert shown == [200, 200, 200]
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) >= 1
    assert b"A moment, please" in answer.content
    assert Client().get(own, REMOTE_ADDR="192.0.2.7").status_code == 200


def test_a_link_under_the_limit_cannot_be_guessed_by_trying(
    visitor: Client, own: str, settings: Settings, uncounted: None
) -> None:
    settings.PUBLIC_RATE = 2
    assert [visitor.get(f"/u/{'0' * 19}").status_code for _ in range(3)] == [404, 404, 429]


# the log --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def written(settings: Settings) -> Iterator[io.StringIO]:
    """What the product's own handlers write, at the level of production."""
    [handler] = [one for one in logging.getLogger().handlers if isinstance(one.formatter, logging.Formatter)][:1]
    target = io.StringIO()
    copy = logging.StreamHandler(target)
    copy.setFormatter(logging.getLogger().handlers[0].formatter or handler.formatter)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(copy)
    root.setLevel(logging.INFO)
    yield target
    root.removeHandler(copy)
    root.setLevel(level)


def test_the_log_holds_no_link_and_no_number(written: io.StringIO, visitor: Client, paths: list[str]) -> None:
    for path in paths:
        visitor.get(path)
        visitor.post(path, {"phone": "6943333333", "agree": "on", "first_name": "Aurelia"})

    log = written.getvalue()
    secrets = [path.rpartition("/")[2] for path in paths[:2]]
    assert "/u/" in log
    assert not [secret for secret in [*secrets, "6943333333", "6942222222", "Aurelia"] if secret in log]


def test_a_deleted_contacts_link_is_not_in_the_log_either(written: io.StringIO, visitor: Client, shop: Store) -> None:
    contact = ContactFactory.create(store=shop, phone=None, erased_at="2026-01-01T00:00:00Z")
    text = token(store_id=shop.pk, contact_id=contact.pk)

    assert visitor.get(f"/u/{text}").status_code == 410
    assert text not in json.dumps(written.getvalue())
