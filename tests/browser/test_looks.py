"""Every page in a real browser: three widths, light and dark, both languages; readable, named, without complaints."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from audiences.models import Member, Store
from billing.services import grant
from config.audit import SYSTEM
from messaging.sending.settle import settle
from providers.interface import Refused
from tests.api.rows import ROWS, address_of, row_of
from tests.architecture.test_urls import CONSOLE, kind_of_page
from tests.browser.screen import Screen
from tests.factories import CampaignFactory, ContactFactory, MemberFactory, StoreFactory
from tests.steps import claimed, launched, marked, settlement

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTHS = (360, 768, 1440)
LOOKS = (Path(__file__).parent / "looks.js").read_text()
LONG = "Καλοκαιρινές εκπτώσεις σε όλα τα παπούτσια και τις τσάντες, μόνο για μέλη, έως 70%"


@pytest.fixture
def member(db: None, settings: object, tmp_path: Path) -> Member:
    """The owner of a store that has something on every page, with long Greek names."""
    settings.LOCAL_DIR = tmp_path  # type: ignore[attr-defined]
    store = StoreFactory.create(name=LONG[:60])
    grant(store_id=store.pk, amount=5000, key="looks", label="For the test", actor=SYSTEM)
    for kind in sorted(set(ROWS) - {"bat", "cmp"}):
        row_of(store, kind)
    CampaignFactory.create(store=store, name=LONG, credits=0, message=LONG)
    _failed(store)
    ContactFactory.create(store=store, first_name="Αλεξάνδρα-Ευαγγελία", last_name="Παπαδημητρακοπούλου")
    return MemberFactory.create(store=store)


def _failed(store: Store) -> None:
    """A campaign that has ended, with failures to look at."""
    launched(store=store, people=3, credits=0)
    work = claimed()
    marked(work)
    settle(settlement(work, [Refused("invalid_number", "17", retryable=False)] * len(work.people)))


def paths(store: Store) -> list[str]:
    """A path of each page."""
    found = [route.path for route in CONSOLE]
    return [address_of(path, row_of(store, kind_of_page(path))) if "{}" in path else path for path in found]


def faults(page: Page, *, widths: tuple[int, ...] = WIDTHS) -> list[str]:
    """What is wrong at any width, light and dark."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 800})
            seen = page.evaluate(LOOKS)
            found += [f"{width} {scheme}: {fault}" for fault in (*seen["wide"], *seen["rest"])]
    return found


@pytest.mark.parametrize(("language", "widths"), [("en", WIDTHS), ("el", WIDTHS[:1])])
def test_every_page_looks_well(
    screen: Screen, live_server: LiveServer, member: Member, language: str, widths: tuple[int, ...]
) -> None:
    wanted = ["/stores", *paths(member.store)]

    def look_at_all(page: Page) -> dict[str, list[str]]:
        found = {}
        for path in wanted:
            page.goto(path, wait_until="load")
            if wrong := faults(page, widths=widths):
                found[path] = wrong[:6]
        return found

    options = {"locale": language}
    assert screen.show(look_at_all, url=live_server.url, user=member.user, options=options) == {}


def test_the_door_looks_well(screen: Screen, live_server: LiveServer) -> None:
    def look_at_all(page: Page) -> dict[str, list[str]]:
        found = {}
        for path in ("/login", "/password", "/password/sent", "/password/done"):
            page.goto(path)
            found[path] = faults(page)
        return {path: wrong for path, wrong in found.items() if wrong}

    assert screen.show(look_at_all, url=live_server.url) == {}


def test_a_keyboard_reaches_the_content_and_leaves_a_dialog(
    screen: Screen, live_server: LiveServer, member: Member
) -> None:
    def press(page: Page) -> tuple[str, str, str]:
        page.goto("/lists")
        page.keyboard.press("Tab")
        first = page.evaluate("document.activeElement.getAttribute('href')")
        page.get_by_role("button", name="New list").press("Enter")
        inside = page.evaluate("document.activeElement.closest('dialog')?.id")
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
        return first, inside, page.evaluate("document.activeElement.textContent.trim()")

    assert screen.show(press, url=live_server.url, user=member.user) == ("#main", "new-list", "New list")


def test_a_store_of_another_tab_is_not_written_to(screen: Screen, live_server: LiveServer, member: Member) -> None:
    other = MemberFactory.create(user=member.user, store=StoreFactory.create(name="The other one"))

    def make_a_list(page: Page) -> None:
        page.goto("/stores")
        page.get_by_role("button", name=member.store.name).click()
        page.goto("/lists")
        second = page.context.new_page()
        second.goto("/stores")
        second.get_by_role("button", name="The other one").click()
        page.get_by_role("button", name="New list").click()
        page.get_by_label("Name").fill("Friends")
        page.get_by_role("button", name="Make it").click()
        page.locator(".toast").wait_for()

    screen.show(make_a_list, url=live_server.url, user=member.user)

    assert [store.lists.filter(name="Friends").count() for store in (member.store, other.store)] == [1, 0]
