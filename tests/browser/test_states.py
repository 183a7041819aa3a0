"""What a page says when something is wrong: each state is brought about for real."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from audiences.models import Member, Store
from campaigns.services.launch import launch
from campaigns.services.moves import pause
from campaigns.services.schedule import Plan, schedule
from config.audit import SYSTEM
from config.heartbeats import Process, beat, leave
from config.opaque import public_id
from tests.browser.rows import path_of
from tests.browser.screen import Screen, beside
from tests.factories import CampaignFactory, MemberFactory
from tests.steps import launched

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ENGLISH = {"locale": "en"}
# The page's parts are fetched, and stay on the line until `release()`.
HOLD_REFRESH = """
async () => {
  const { name } = performance.getEntriesByType("resource").find(({ name }) => name.includes("refresh"));
  const { refresh } = await import(name);
  const fetched = window.fetch;
  const held = new Promise((release) => (window.release = release));
  let waits = true;
  const arrived = new Promise((resolve) => {
    window.fetch = async (...what) => {
      const answer = await fetched(...what);
      if (!waits || answer.headers.get("Content-Type").includes("json")) return answer;
      waits = false;
      resolve();
      await held;
      return answer;
    };
  });
  window.refresh = refresh;
  refresh();
  await arrived;
}
"""
WORKER = Process(name="send1@test", kind="worker", queues=("send",))


@pytest.fixture
def owner(store: Store) -> Member:
    return MemberFactory.create(store=store)


def sign(page: Page, state: str) -> str:
    """What stands beside the numbers, as soon as it says so."""
    place = page.locator(f'[data-live][data-state="{state}"]').first
    place.wait_for()
    return place.inner_text()


def counted_down(page: Page, selector: str) -> tuple[int, int]:
    """The seconds that a countdown shows, now and a little later."""
    first = _seconds(page.locator(selector).inner_text())
    page.wait_for_function(
        "([selector, first]) => { const text = document.querySelector(selector)?.textContent;"
        " return text && Number(text.match(/\\d+/)[0]) < first; }",
        arg=[selector, first],
    )
    return first, _seconds(page.locator(selector).inner_text())


def _seconds(text: str) -> int:
    [number] = re.findall(r"\d+", text)[:1]
    return int(number)


def test_a_page_that_is_asked_for_too_often_counts_down(
    screen: Screen, live_server: LiveServer, owner: Member, settings: Settings, uncounted: None
) -> None:
    settings.API_RATE_GENERAL = 2

    def hurry(page: Page) -> tuple[list[int], tuple[int, int]]:
        codes = [answer.status for answer in (page.goto("/lists") for _ in range(3)) if answer]
        return codes, counted_down(page, "[data-countdown]")

    codes, (first, later) = screen.show(hurry, url=live_server.url, user=owner.user, options=ENGLISH)

    assert codes == [200, 200, 429]
    assert 60 >= first > later


def test_too_many_requests_of_a_page_are_said_and_waited_for(
    screen: Screen, live_server: LiveServer, owner: Member, settings: Settings, uncounted: None
) -> None:
    campaign = launched(store=owner.store)

    def hurry(page: Page) -> tuple[str, tuple[int, int]]:
        page.goto(path_of(campaign))
        sign(page, "polling")  # no stream runs beside the tests
        settings.API_RATE_GENERAL = 1
        said = sign(page, "limited")
        page.locator("details.more summary").click()
        page.get_by_role("button", name="Ask the provider now").click()
        page.locator('.toast[data-code="RATE_LIMITED"]').wait_for()
        return said, counted_down(page, '.toast[data-code="RATE_LIMITED"]')

    said, (first, later) = screen.show(hurry, url=live_server.url, user=owner.user, options=ENGLISH)

    assert re.fullmatch(r"Too many requests: these numbers wait for \d+ s", said)
    assert first > later


def test_being_offline_is_said_and_ends_by_itself(screen: Screen, live_server: LiveServer, owner: Member) -> None:
    campaign = launched(store=owner.store)

    def leave_and_return(page: Page) -> list[str]:
        page.goto(path_of(campaign))
        sign(page, "polling")
        page.context.set_offline(True)
        page.locator("#offline").wait_for()
        said = [sign(page, "offline")]
        page.locator("details.more summary").click()
        page.get_by_role("button", name="Ask the provider now").click()
        said.append(page.locator('.toast[data-code="NETWORK"]').inner_text())
        page.context.set_offline(False)
        expect(page.locator("#offline")).to_be_hidden()
        said.append(page.locator(".toast[data-tone=good]").inner_text())
        sign(page, "polling")
        return said

    said = screen.show(leave_and_return, url=live_server.url, user=owner.user, options=ENGLISH)

    assert said[0] == "Offline: what you see may be old"
    assert "look before you try again" in said[1]
    assert "Back online" in said[2]


def test_a_house_without_workers_is_said_until_one_works(
    screen: Screen, live_server: LiveServer, owner: Member
) -> None:
    campaign = launched(store=owner.store)
    banner = '[data-code="no_worker"]'

    def look(page: Page) -> str:
        page.goto(path_of(campaign))
        said = page.locator(banner).inner_text()
        beside(lambda: beat(WORKER))
        expect(page.locator(banner)).to_have_count(0)
        beside(lambda: leave(WORKER))
        page.locator(banner).wait_for()
        return said

    said = screen.show(look, url=live_server.url, user=owner.user, options=ENGLISH)

    assert said == "Nobody works on sending: messages wait."


def test_without_credits_the_way_to_billing_is_shown(screen: Screen, live_server: LiveServer, owner: Member) -> None:
    draft = CampaignFactory.create(store=owner.store, people=2, credits=0)

    def look(page: Page) -> tuple[str | None, bool, str]:
        page.goto(f"{path_of(draft)}#send")
        way = page.locator('#send [data-code="INSUFFICIENT_CREDITS"] a')
        way.wait_for()
        link = page.locator('#banners [data-code="no_credits"] a').get_attribute("href")
        disabled = page.locator("#send [data-field=go]").is_disabled()
        way.click()
        page.wait_for_url("**/billing")
        return link, disabled, page.locator("h1").inner_text()

    assert screen.show(look, url=live_server.url, user=owner.user, options=ENGLISH) == ("/billing", True, "Billing")


def test_whoever_was_signed_out_meanwhile_is_told_and_led_back(
    screen: Screen, live_server: LiveServer, owner: Member
) -> None:
    campaign = launched(store=owner.store)

    def look(page: Page) -> str | None:
        page.goto(path_of(campaign))
        sign(page, "polling")
        beside(Session.objects.all().delete)
        way = page.locator('.toast[data-code="UNAUTHENTICATED"] a').first
        way.wait_for()
        return way.get_attribute("href")

    path = f"/campaigns/{public_id(campaign.pk, kind='cmp')}"
    assert screen.show(look, url=live_server.url, user=owner.user, options=ENGLISH) == (
        f"/login?next={path.replace('/', '%2F')}"
    )


def test_parts_that_were_on_their_way_are_not_taken_for_the_new_ones(
    screen: Screen, live_server: LiveServer, owner: Member
) -> None:
    campaign = launched(store=owner.store)

    def look(page: Page) -> str:
        page.goto(path_of(campaign))
        page.evaluate(HOLD_REFRESH)
        beside(lambda: pause(store_id=owner.store_id, campaign_id=campaign.pk, actor=SYSTEM))
        page.evaluate("async () => { const news = refresh(); release(); await news; }")
        return page.locator("#badge").inner_text()

    assert screen.show(look, url=live_server.url, user=owner.user, options=ENGLISH) == "Paused"


def test_the_page_of_a_scheduled_campaign_sees_it_begin(screen: Screen, live_server: LiveServer, owner: Member) -> None:
    campaign = CampaignFactory.create(store=owner.store, people=3)
    plan = Plan(send_at=timezone.now() + timedelta(hours=1))
    schedule(store_id=owner.store_id, campaign_id=campaign.pk, plan=plan, actor=SYSTEM)

    def look(page: Page) -> str:
        page.goto(path_of(campaign))
        expect(page.locator("#badge")).to_have_text("Scheduled")
        beside(lambda: launch(store_id=owner.store_id, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM))
        return page.locator("[data-counter=waiting]").inner_text()

    assert screen.show(look, url=live_server.url, user=owner.user, options=ENGLISH) == "3"
