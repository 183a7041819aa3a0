"""As a new user: from the address that bin/demo prints to a sent campaign, and from an empty store to its contacts."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from audiences.models import Contact
from campaigns.models import Campaign
from messaging.demo.seed import OWNER, Seeded, seed
from tests.browser.screen import Screen
from tests.factories import ContactFactory, MemberFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PEOPLE = 5200  # from 5000 on their number has to be typed
MOST_CLICKS = 12
# Every press of the mouse, also on the pages before.
COUNT = """
const one = () => sessionStorage.setItem("clicks", Number(sessionStorage.getItem("clicks")) + 1);
addEventListener("pointerdown", one, true);
"""


@pytest.fixture
def demo(db: None, settings: Settings, tmp_path: Path) -> Seeded:
    """The store, the login and the credits of the demo, and as many contacts as need a typed number."""
    settings.LOCAL_DIR = tmp_path
    seeded = seed()
    Contact.objects.bulk_create(ContactFactory.build_batch(PEOPLE, store=seeded.store), batch_size=1000)
    return seeded


def test_from_the_printed_address_to_a_sent_campaign(screen: Screen, live_server: LiveServer, demo: Seeded) -> None:
    def with_the_mouse_alone(page: Page) -> int:
        page.add_init_script(COUNT)
        page.goto("/")
        _fill(page, "E-mail address", OWNER)
        _fill(page, "Password", demo.passwords[OWNER])
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="New campaign").click()
        _fill(page, "Name", "My first one")
        _fill(page, "Text", "Hello {{first_name|there}}, we are open on Sunday.")
        page.get_by_role("button", name="Save and review").click()
        expect(page.locator("#send")).to_contain_text("Balance after sending")
        _fill(page, f"Type {PEOPLE} to confirm", str(PEOPLE))
        page.get_by_role("button", name="Send to 5,200 people").click()
        page.locator("[data-counter]").first.wait_for()
        expect(page.locator(".toast")).to_contain_text("Sending started: 5,200 recipients")
        return int(page.evaluate("sessionStorage.getItem('clicks')"))

    clicks = screen.show(with_the_mouse_alone, url=live_server.url, options={"locale": "en"})

    assert clicks == 9 <= MOST_CLICKS
    assert Campaign.objects.get().status == "sending"


def _fill(page: Page, label: str, text: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.click()
    field.fill(text)


def test_an_empty_store_says_what_comes_next(screen: Screen, live_server: LiveServer, db: None) -> None:
    member = MemberFactory.create()

    def follow(page: Page) -> list[str]:
        page.goto("/")
        page.get_by_role("link", name="Begin with your contacts").click()
        seen = [page.locator("h1").inner_text()]
        page.goto("/campaigns/new")
        page.get_by_label("Name", exact=True).fill("Too early")
        page.get_by_label("Text").fill("Hello")
        way = page.locator('#quote-notes [data-code="NO_RECIPIENTS"] a')
        way.wait_for()
        seen.append(way.inner_text())
        page.on("dialog", lambda dialog: dialog.accept())
        way.click()
        page.wait_for_url("**/imports/new")
        return seen

    seen = screen.show(follow, url=live_server.url, user=member.user, options={"locale": "en"})

    assert seen == ["Import contacts", "Import contacts"]


@pytest.mark.parametrize("path", ["/", "/campaigns", "/contacts", "/lists", "/templates", "/imports"])
def test_no_empty_page_is_a_dead_end(screen: Screen, live_server: LiveServer, db: None, path: str) -> None:
    member = MemberFactory.create()

    def look(page: Page) -> int:
        page.goto(path)
        return page.locator(".empty a.button, .empty button, .head a.button.main, .head button.main").count()

    assert screen.show(look, url=live_server.url, user=member.user, options={"locale": "en"}) > 0
