"""A campaign's page while it is being sent by real processes: whatever is cut, the screen ends as the API does."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from campaigns.models import Campaign, CampaignEvent
from config.opaque import public_id
from messaging.console.progress import bar_of
from messaging.models import ProviderAccount
from tests.browser.relay import Relay
from tests.browser.rows import path_of
from tests.browser.screen import Screen, beside
from tests.factories import CampaignFactory, MemberFactory
from tests.flows.conftest import account, simulator, stack
from tests.flows.stack import Stack, free_port

__all__ = ["account", "simulator", "stack"]

pytestmark = [pytest.mark.browser, pytest.mark.flow, pytest.mark.django_db(transaction=True)]
PEOPLE = 600
CUTS = 20
LIVE = '[data-live][data-state="live"]'
# What the page says of its stream, and how many toasts were shown, from now on.
WATCH = """
() => {
  const sign = document.querySelector("[data-live]");
  const seen = (window.seen = { signs: [sign.dataset.state], toasts: 0 });
  const look = () => seen.signs.at(-1) === sign.dataset.state || seen.signs.push(sign.dataset.state);
  new MutationObserver(look).observe(sign, { attributes: true });
  const count = (changes) => changes.forEach(({ addedNodes }) => (seen.toasts += addedNodes.length));
  new MutationObserver(count).observe(document.getElementById("toasts"), { childList: true });
}
"""
LOST_SO_OFTEN = "times => seen.signs.filter((sign) => sign === 'polling').length >= times"


@pytest.fixture
def relay() -> Iterator[Relay]:
    """The line to the stream process."""
    line = Relay(free_port())
    yield line
    line.close()


def start(stack: Stack, relay: Relay, **extra: str) -> None:
    """Everything that sends, and the stream behind the relay."""
    addresses = {"STREAM_PORT": str(relay.target), "STREAM_URL": relay.url, **extra}
    stack.start("web", **addresses)
    stack.start("stream", "work", "send1", "beat", **addresses)


def hurry(parts_per_second: int) -> Callable[[], int]:
    """Let the provider take so many parts per second from now on."""
    return lambda: ProviderAccount.objects.update(parts_per_second=parts_per_second)


def send(page: Page, campaign: Campaign) -> None:
    """Open the dialog and press twice, as impatient people do."""
    page.goto(f"{path_of(campaign)}#send")
    go = page.locator("#send [data-field=go]")
    expect(go).to_be_enabled()
    go.dblclick()
    page.locator("[data-counter]").first.wait_for()


def shown(page: Page) -> dict[str, int]:
    """The numbers below the bar."""
    pairs = page.locator("[data-count]").evaluate_all("all => all.map((one) => [one.dataset.count, one.textContent])")
    return {name: int(text.replace(",", "")) for name, text in pairs}


def told(page: Page, campaign: Campaign) -> dict[str, int]:
    """The same numbers by the API."""
    progress: Any = page.request.get(f"/api/v1/campaigns/{public_id(campaign.pk, kind='cmp')}/progress").json()
    bar = bar_of(progress)
    return {**{part.name: part.people for part in bar.parts}, "total": bar.total}


def through(page: Page) -> None:
    """Everything has left, and every receipt has come."""
    expect(page.locator("#badge")).to_have_text("Completed", timeout=180_000)
    expect(page.locator('[data-counter="sent"]')).to_have_text("0")


@pytest.mark.timeout(480)
def test_a_stream_that_is_cut_twenty_times_ends_as_the_api_does(
    screen: Screen, stack: Stack, account: ProviderAccount, relay: Relay
) -> None:
    hurry(12)()
    campaign = CampaignFactory.create(people=PEOPLE)
    owner = MemberFactory.create(store=campaign.store).user
    start(stack, relay)

    def watch(page: Page) -> dict[str, Any]:
        send(page, campaign)
        page.locator(LIVE).wait_for()
        page.evaluate(WATCH)
        for number in range(1, CUTS + 1):
            assert relay.cut()
            page.wait_for_function(LOST_SO_OFTEN, arg=number)
            page.locator(LIVE).wait_for()
        seen: dict[str, Any] = page.evaluate("seen")
        before = shown(page)
        page.close()
        again = page.context.new_page()
        again.goto(path_of(campaign))
        again.locator(LIVE).wait_for()
        assert shown(again)["waiting"] <= before["waiting"]
        beside(hurry(1000))
        through(again)
        assert shown(again) == told(again, campaign)
        again.reload()
        assert shown(again) == told(again, campaign)
        hrefs = again.locator("#batches tbody a").evaluate_all("all => all.map((one) => one.href)")
        lines = again.locator("#timeline li").all_inner_texts()
        return {**seen, "hrefs": hrefs, "lines": lines, "shown": shown(again)}

    found = screen.show(watch, url=stack.url, user=owner, options={"locale": "en"})

    assert found["signs"][:41] == ["live", *["polling", "live"] * CUTS]
    assert found["toasts"] == 0  # the one of the launch was there before
    assert found["shown"]["delivered"] == found["shown"]["total"] == PEOPLE
    assert len(set(found["hrefs"])) == len(found["hrefs"]) > 1
    assert len(set(found["lines"])) == len(found["lines"])
    assert CampaignEvent.objects.filter(campaign=campaign, event="launch").count() == 1
    assert len({item["destination"] for item in stack.simulator.received()}) == PEOPLE
