"""Join, confirm, opt out and come back in a browser without scripts, by keyboard as by mouse, wide and narrow."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from audiences.models import ConsentEvent, Contact, JoinPage, OptInRequest, Store
from audiences.opt_out_links import address as opt_out_address
from audiences.services.consent import change_consent
from billing.services import grant
from campaigns.services.confirmations import send_waiting
from config.audit import SYSTEM
from tests.browser.chromium import find_browser
from tests.factories import ContactFactory, StoreFactory
from tests.steps import claimed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LANGUAGES = ("en", "el")
WIDTHS = (1280, 360)


@pytest.fixture
def shop(live_server: LiveServer, settings: Settings) -> Store:
    """A store with an open page and some credits."""
    settings.PUBLIC_URL = live_server.url
    store = StoreFactory.create(name="Corner Shop", slug="corner-shop")
    grant(store_id=store.pk, amount=10, key=f"grant:{store.pk}", label="", actor=SYSTEM)
    JoinPage.objects.create(store=store, is_open=True, privacy_url="https://shop.example/privacy")
    return store


@pytest.fixture
def pages() -> Iterator[Any]:
    """Makes pages without scripts; nothing but this machine can be reached. Their answers must not be errors."""
    executable = find_browser()
    if executable is None:
        pytest.skip("no Chromium found: install it, or set HELIOGRAPH_CHROMIUM")
    # Playwright's loop runs in this thread; the database is asked between its calls, never from within the loop.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])

        def make(**options: Any) -> Page:
            page = browser.new_context(java_script_enabled=False, **options).new_page()
            page.set_default_timeout(30_000)
            return page

        yield make
        browser.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")


def test_from_the_form_to_the_opt_out_and_back_without_scripts(pages: Any, shop: Store, live_server: Any) -> None:
    page = pages(locale="en", viewport={"width": 360, "height": 740})
    page.goto(f"{live_server.url}/join/corner-shop")
    page.get_by_label("Mobile number").fill("694 111 1111")
    page.get_by_label("First name").fill("Ada")
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Sign up").press("Enter")
    assert page.get_by_role("heading", name="Thank you").is_visible()

    send_waiting(limit=10)
    [person] = claimed().people
    link = next(word for word in person.text.split() if word.startswith("http"))
    page.goto(link)
    assert Contact.objects.get().consent == "unknown"
    page.get_by_role("button", name="Yes, send me messages").press("Enter")
    assert page.get_by_role("heading", name="You are signed up").is_visible()
    assert (Contact.objects.get().consent, Contact.objects.get().first_name) == ("opted_in", "Ada")

    page.get_by_role("link", name="Stop the messages").click()
    page.get_by_role("button", name="Stop all messages").press("Enter")
    assert page.get_by_role("heading", name="You get no more messages").is_visible()
    page.get_by_role("button", name="That was a mistake").press("Enter")
    assert page.get_by_role("status").inner_text() == "You get messages again."
    assert list(ConsentEvent.objects.order_by("pk").values_list("after", "source")) == [
        ("opted_in", "join"),
        ("opted_out", "link"),
        ("opted_in", "link"),
    ]


def test_a_wrong_number_is_told_at_its_field_which_has_the_focus(pages: Any, shop: Store, live_server: Any) -> None:
    page = pages(locale="en")
    page.goto(f"{live_server.url}/join/corner-shop")
    page.get_by_label("Mobile number").fill("12")
    page.get_by_label("I agree").check()

    page.get_by_role("button", name="Sign up").click()

    field = page.get_by_label("Mobile number")
    assert field.input_value() == "12"
    assert field.get_attribute("aria-describedby") == "phone-error"
    assert page.locator("#phone-error").inner_text() == "The phone number is too short."
    assert page.locator("*:focus").get_attribute("id") == "phone"
    assert page.get_by_label("I agree").is_checked()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_is_wider_than_its_window(pages: Any, shop: Store, live_server: Any, language: str, width: int) -> None:
    Store.objects.update(name="A name without any end " * 4 + "Donaudampfschifffahrtsgesellschaftskapitän")
    contact, out = ContactFactory.create_batch(2, store=shop)
    change_consent(store_id=shop.pk, contact_id=out.pk, consent="opted_out", source="api", actor=SYSTEM)
    links = [opt_out_address(store_id=shop.pk, contact_id=one.pk) for one in (contact, out)]
    joins = [f"{live_server.url}/join/corner-shop{query}" for query in ("", "?done=1")]
    page = pages(locale=language, viewport={"width": width, "height": 700})
    wide = []

    for address in [*links, *joins, f"{live_server.url}/u/nothing"]:
        page.goto(address)
        box = page.locator("main").bounding_box()
        buttons = [one.bounding_box() for one in page.locator("button").all()]
        if box["x"] < 0 or box["x"] + box["width"] > width or any(one["height"] < 44 for one in buttons):
            wide.append((address, box))

    assert wide == []
    assert page.locator("html").get_attribute("lang") == language
    assert not OptInRequest.objects.exists()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_written_can_be_read(pages: Any, shop: Store, live_server: Any, scheme: str) -> None:
    link = opt_out_address(store_id=shop.pk, contact_id=ContactFactory.create(store=shop).pk)
    page = pages(color_scheme=scheme, locale="en")
    faint = {}

    for address in (link, f"{live_server.url}/join/corner-shop", f"{live_server.url}/join/corner-shop?done=1"):
        page.goto(address)
        for one in page.locator("h1, h2, p, label, button, a").all():
            ratio = one.evaluate(CONTRAST)
            if one.is_visible() and ratio < 4.5:
                faint[one.inner_text()[:40]] = round(ratio, 2)

    assert faint == {}


# The contrast of an element's text with what is behind it (WCAG 2.2, 1.4.3).
CONTRAST = """
element => {
  const shade = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  let behind = element, back = [0, 0, 0, 0];
  while (behind && (back.length > 3 && back[3] === 0)) {
    back = shade(getComputedStyle(behind).backgroundColor); behind = behind.parentElement;
  }
  const [a, b] = [light(shade(getComputedStyle(element).color)), light(back)].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}
"""
