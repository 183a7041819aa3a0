"""Every page in a real browser: three widths, light and dark, both languages; readable, named, without complaints."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from audiences.models import Member
from tests.browser.axe import serious
from tests.browser.rows import MEMBERS, PUBLIC, Row, a_shop
from tests.browser.screen import Screen
from tests.factories import MemberFactory, StoreFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTHS = (360, 768, 1440)
Place = tuple[int, Literal["light", "dark"]]
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
EVERY: list[Place] = [(width, scheme) for scheme in SCHEMES for width in WIDTHS]
ENDS: list[Place] = [(360, "light"), (1440, "dark")]
GREEK: list[Place] = [(360, "dark")]  # the longest words in the narrowest window
HALVES = (MEMBERS[::2], MEMBERS[1::2])
LOOKS = (Path(__file__).parent / "looks.js").read_text()
DIALOGS = """Array.from(document.querySelectorAll("dialog[id]:not(#confirm)"), ({ id }) => id)"""
Faults = dict[str, list[str]]


@pytest.fixture
def member(db: None, settings: object, tmp_path: Path) -> Member:
    """The owner of a store that has something on every page, with long Greek names."""
    settings.LOCAL_DIR = tmp_path  # type: ignore[attr-defined]
    return a_shop()


@pytest.fixture
def newcomer(db: None) -> Member:
    """The owner of a store in which nothing was done yet."""
    return MemberFactory.create()


def faults(page: Page, *, at: list[Place]) -> list[str]:
    """What is wrong at these widths and lights; at those of ENDS by axe-core, too, and in the dialogs of the page."""
    found = []
    for width, scheme in at:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        seen = page.evaluate(LOOKS)
        wrong = [*seen["wide"], *seen["rest"], *(serious(page) if (width, scheme) in ENDS else [])]
        found += [f"{width} {scheme}: {fault}" for fault in wrong]
    return found + (in_dialogs(page) if at == EVERY else [])


def in_dialogs(page: Page) -> list[str]:
    """What is wrong in each dialog, opened in a narrow window."""
    page.set_viewport_size({"width": WIDTHS[0], "height": 800})
    found = []
    for name in page.evaluate(DIALOGS):
        page.evaluate("id => document.getElementById(id).showModal()", name)
        found += [f"#{name}: {fault}" for fault in serious(page, inside=f"#{name}")]
        if page.evaluate("id => { const d = document.getElementById(id); return d.scrollWidth > d.clientWidth }", name):
            found.append(f"#{name}: too wide")
        page.evaluate("id => document.getElementById(id).close()", name)
    return found


def tour(page: Page, wanted: list[tuple[Row, str]], *, at: list[Place]) -> Faults:
    """The faults of each page that has any."""
    found: Faults = {}
    for row, path in wanted:
        answer = page.goto(path, wait_until="load")
        wrong = [] if answer and answer.status == row.status else [f"answered {answer and answer.status}"]
        if wrong := [*wrong, *faults(page, at=at)]:
            found[path] = wrong[:6]
    return found


@pytest.mark.timeout(400)
@pytest.mark.parametrize("rows", HALVES, ids=["one half", "the other"])
def test_every_page_of_a_member_looks_well(
    screen: Screen, live_server: LiveServer, member: Member, rows: list[Row]
) -> None:
    wanted = [(row, row.address(member)) for row in rows]

    found = screen.show(lambda page: tour(page, wanted, at=EVERY), url=live_server.url, user=member.user)

    assert found == {}


@pytest.mark.timeout(400)
def test_every_page_for_everybody_looks_well(screen: Screen, live_server: LiveServer, member: Member) -> None:
    wanted = [(row, row.address(member)) for row in PUBLIC]

    assert screen.show(lambda page: tour(page, wanted, at=EVERY), url=live_server.url) == {}


@pytest.mark.timeout(400)
def test_greek_words_have_room(screen: Screen, live_server: LiveServer, member: Member) -> None:
    wanted = [(row, row.address(member)) for row in (*MEMBERS, *PUBLIC) if not row.path.startswith("/password/{}")]

    found = screen.show(
        lambda page: tour(page, wanted, at=GREEK), url=live_server.url, user=member.user, options={"locale": "el"}
    )

    assert found == {}


@pytest.mark.timeout(400)
def test_every_page_of_a_new_store_looks_well(screen: Screen, live_server: LiveServer, newcomer: Member) -> None:
    wanted = [(row, row.path) for row in MEMBERS if not row.make and "{}" not in row.path]

    assert screen.show(lambda page: tour(page, wanted, at=ENDS), url=live_server.url, user=newcomer.user) == {}


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


def test_faults_would_be_found(screen: Screen, live_server: LiveServer, newcomer: Member) -> None:
    spoil = """
      document.querySelector("h1").style.color = "color-mix(in srgb, currentColor 20%, white)";
      document.querySelector("main").append(Object.assign(document.createElement("button"), { id: "nameless" }));
      document.querySelector("main").style.width = "5000px";
    """

    def look(page: Page) -> list[str]:
        page.goto("/lists")
        page.evaluate(spoil)
        return faults(page, at=ENDS[:1])

    found = "\n".join(screen.show(look, url=live_server.url, user=newcomer.user))

    for fault in ("too wide", "contrast", "no name", "axe color-contrast", "axe button-name"):
        assert fault in found
