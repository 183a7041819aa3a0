"""From a file of contacts to a finished campaign by clicking, on the real processes; and what two tabs may do."""

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from audiences.models import Member, Store, User
from billing.services import grant
from campaigns.models import Campaign, CampaignEvent
from campaigns.progress import read
from config.audit import SYSTEM
from config.heartbeats import processes, served
from config.opaque import public_id
from messaging.models import ProviderAccount
from tests.architecture.source import ROOT
from tests.browser.screen import Screen
from tests.factories import CampaignFactory, MemberFactory, StoreFactory
from tests.flows.conftest import account, simulator, stack
from tests.flows.stack import Stack, eventually, free_port
from tests.steps import money

__all__ = ["account", "simulator", "stack"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PEOPLE = 240
PASSWORD = "correct horse battery"
LIVE = '[data-live][data-state="live"]'


def a_file(folder: Path) -> Path:
    """People as a shop's till exports them; the last number is none."""
    rows = [f"69{71000000 + n};Maria {n}" for n in range(PEOPLE)]
    path = folder / "people.csv"
    path.write_text("\n".join(["Κινητό;Όνομα", *rows, "12;Nobody"]))
    return path


@pytest.mark.flow
@pytest.mark.timeout(480)
def test_from_a_file_to_a_finished_campaign(
    screen: Screen, stack: Stack, account: ProviderAccount, tmp_path: Path
) -> None:
    member = _shop()
    ProviderAccount.objects.filter(pk=account.pk).update(parts_per_second=12)  # slow enough to be paused
    port = str(free_port())
    addresses = {"STREAM_PORT": port, "STREAM_URL": f"http://127.0.0.1:{port}"}
    stack.start("web", **addresses)
    stack.start("stream", "work", "send1", **addresses)
    eventually(lambda: {"import", "send"} <= set(served(processes())), seconds=120, what="workers beat")

    def road(page: Page) -> list[str]:
        _sign_in(page, member)
        _import(page, a_file(tmp_path))
        _send(page)
        _pause(page)
        _lose_the_stream(page, stop=lambda: stack.kill("stream"), start=lambda: stack.start("stream", **addresses))
        page.get_by_role("button", name="Resume").click()
        expect(page.locator("#badge")).to_have_text("Completed")
        expect(page.locator('[data-count="total"]')).to_have_text(str(PEOPLE))
        expect(page.locator('[data-counter="sent"]')).to_have_text("0")
        page.reload()
        found = page.locator("[data-counter]").all_inner_texts()
        _on_a_phone(page)
        return found

    shown = screen.show(road, url=stack.url, options={"locale": "en"})

    progress = read(Campaign.objects.get().pk)
    counts = progress.counts
    failed = counts["failed"] + counts["undelivered"]
    assert shown == [str(counts["delivered"]), "0", str(failed), "0"]
    assert len({item["destination"] for item in stack.simulator.received()}) == PEOPLE - counts["failed"]


def picture(page: Page, name: str) -> None:
    """A picture for the README, when somebody wants new ones."""
    if os.environ.get("WRITE_PICTURES"):
        page.wait_for_timeout(400)  # so that transitions have ended
        page.screenshot(path=ROOT / "docs" / "pictures" / f"{name}.png", animations="disabled")


def _shop() -> Member:
    store = StoreFactory.create(name="The corner shop")
    grant(store_id=store.pk, amount=1000, key="road", label="For the test", actor=SYSTEM)
    member = MemberFactory.create(store=store, user__email="ana@example.org")
    # The processes know the product's hasher alone, the tests a quicker one.
    known = Argon2PasswordHasher().encode(PASSWORD, "salt-for-the-test")
    User.objects.filter(pk=member.user_id).update(password=known)
    return member


def _sign_in(page: Page, member: Member) -> None:
    page.goto("/")
    page.get_by_label("E-mail address").fill(member.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def _import(page: Page, file: Path) -> None:
    page.get_by_role("link", name="Import contacts").click()
    page.get_by_label("CSV or Excel file").set_input_files(file)
    expect(page.locator("[data-mapping] th").first).to_have_text("Κινητό")
    page.get_by_label("Consent of new contacts").select_option("opted_in")
    page.get_by_label("Where and how they agreed").fill("Form at the till")
    page.get_by_role("button", name="Try it: nothing is changed yet").click()
    expect(page.locator("[data-counts]")).to_contain_text(re.compile(rf"New contacts\s*{PEOPLE}"))
    page.get_by_role("button", name="Import now").click()
    expect(page.locator("#badge")).to_have_text("Done")
    expect(page.get_by_role("link", name="Refused rows as CSV")).to_be_visible()
    expect(page.get_by_role("link", name="Write to them")).to_be_visible()


def _send(page: Page) -> None:
    page.get_by_role("link", name="Campaigns").first.click()
    page.get_by_role("link", name="New campaign").click()
    page.get_by_label("Name", exact=True).fill("Opening day")
    page.get_by_label("Text").fill("Hello {{first_name|there}} — we are open")
    page.get_by_role("button", name="Replace by -").click()
    expect(page.get_by_label("Text")).to_have_value("Hello {{first_name|there}} - we are open")
    expect(page.locator("#quote")).to_contain_text(str(PEOPLE))
    page.get_by_role("button", name="Save and review").click()
    go = page.locator("#send [data-field=go]")
    expect(go).to_be_enabled()
    expect(page.locator("#send")).to_contain_text("Balance after sending")
    assert page.evaluate("document.activeElement.textContent") == "Back"
    picture(page, "send")
    go.dblclick()
    page.locator("[data-counter]").first.wait_for()


def _pause(page: Page) -> None:
    page.locator(LIVE).first.wait_for()
    picture(page, "sending")
    page.get_by_role("button", name="Pause").click()
    page.locator("#confirm").get_by_role("button", name="Pause").click()
    expect(page.locator("#badge")).to_have_text("Paused")


def _on_a_phone(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    picture(page, "phone")


def _lose_the_stream(page: Page, *, stop: Callable[[], None], start: Callable[[], None]) -> None:
    page.locator(LIVE).first.wait_for()
    stop()
    page.locator('[data-live][data-state="polling"]').first.wait_for()
    start()
    page.locator(LIVE).first.wait_for()


@pytest.fixture
def draft(store: Store) -> Campaign:
    """A draft to three people, and its price is three credits."""
    return CampaignFactory.create(store=store, people=3, message="Hello")


def test_two_tabs_and_a_double_click_send_once(screen: Screen, live_server: LiveServer, draft: Campaign) -> None:
    owner = MemberFactory.create(store=draft.store).user
    path = f"/campaigns/{public_id(draft.pk, kind='cmp')}#send"

    def both(page: Page) -> str:
        tabs = [page, page.context.new_page()]
        for tab in tabs:
            tab.goto(path)
            expect(tab.locator("#send [data-field=go]")).to_be_enabled()
        for tab in tabs:
            tab.evaluate("for (const n of [1, 2]) document.querySelector('#send [data-field=go]').click()")
        for tab in tabs:
            tab.locator("[data-counter]").first.wait_for()
        return tabs[1].locator(".toast").first.inner_text() + page.locator(".toast").first.inner_text()

    said = screen.show(both, url=live_server.url, user=owner, options={"locale": "en"})

    assert said.count("Sending started: 3 recipients") == 1
    assert said.count("ALREADY_SENDING") == 1
    assert CampaignEvent.objects.filter(campaign=draft, event="launch").count() == 1
    assert money(draft) == (1000, 3)


def test_a_price_that_changed_is_shown_and_nothing_is_sent(
    screen: Screen, live_server: LiveServer, draft: Campaign
) -> None:
    owner = MemberFactory.create(store=draft.store).user
    path = f"/campaigns/{public_id(draft.pk, kind='cmp')}#send"

    def look_then_send(page: Page) -> str:
        page.goto(path)
        expect(page.locator("#send [data-field=go]")).to_be_enabled()
        with ThreadPoolExecutor(1) as beside:
            beside.submit(_longer, draft.pk).result()
        page.locator("#send [data-field=go]").click()
        page.locator("#send [data-field=changed]").wait_for()
        expect(page.locator("#send [data-field=go]")).to_be_enabled()
        return page.locator("#send").inner_text()

    said = screen.show(look_then_send, url=live_server.url, user=owner, options={"locale": "en"})

    assert "6 (was 3)" in said
    assert Campaign.objects.get(pk=draft.pk).status == "draft"


def _longer(campaign_id: int) -> None:
    """Somebody else writes a longer text meanwhile."""
    Campaign.objects.filter(pk=campaign_id).update(message="Hello " * 30)
    connection.close()
