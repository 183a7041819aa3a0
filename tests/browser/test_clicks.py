"""Retry, pause, resume and cancel by clicking, while real processes send."""

import pytest
from playwright.sync_api import Page, expect

from audiences.models import Contact
from campaigns.models import Campaign
from messaging.models import ProviderAccount
from tests.browser.relay import Relay
from tests.browser.screen import Screen
from tests.browser.test_live import LIVE, hurry, relay, send, shown, start, through, told
from tests.factories import CampaignFactory, MemberFactory
from tests.flows.conftest import account, simulator, stack
from tests.flows.stack import Stack

__all__ = ["account", "relay", "simulator", "stack"]

pytestmark = [pytest.mark.browser, pytest.mark.flow, pytest.mark.django_db(transaction=True)]

DRAINED = "() => document.querySelector('[data-counter=waiting]').textContent === '0'"


def press(page: Page, name: str, *, reason: str) -> None:
    """A button that asks before it does something."""
    page.get_by_role("button", name=name, exact=True).click()
    page.get_by_label("Reason (kept in the history)").fill(reason)
    page.locator("#confirm [data-go]").click()


@pytest.mark.timeout(480)
def test_failures_are_tried_again_and_a_campaign_is_cancelled_by_clicking(
    screen: Screen, stack: Stack, account: ProviderAccount, relay: Relay
) -> None:
    hurry(1000)()
    stack.plan(account.slug, numbers={"3": "busy"})
    first = CampaignFactory.create(people=60)
    second = CampaignFactory.create(store=first.store, credits=0)
    owner = MemberFactory.create(store=first.store).user
    busy = Contact.objects.filter(phone__endswith="3").count()
    start(stack, relay, SEND_ATTEMPTS="2")

    def retry(page: Page) -> tuple[int, dict[str, int]]:
        send(page, first)
        through(page)
        failed = shown(page)["failed"]
        stack.plan(account.slug)
        page.get_by_role("button", name=f"Retry {failed} failed").click()
        page.locator("#retry [data-field=go]").click()
        expect(page.locator('[data-counter="delivered"]')).to_have_text("60")
        through(page)
        return failed, shown(page)

    def cancel(page: Page) -> str:
        send(page, second)
        page.locator(LIVE).wait_for()
        press(page, "Pause", reason="A look first")
        expect(page.locator("#badge")).to_have_text("Paused")
        page.get_by_role("button", name="Resume").click()
        expect(page.locator("#badge")).to_have_text("Sending")
        press(page, "Cancel", reason="Wrong price in the text")
        expect(page.locator("#badge")).to_have_text("Cancelled")
        page.wait_for_function(DRAINED, timeout=180_000)  # what is at a worker leaves at two a second
        assert shown(page) == told(page, second)
        return page.locator("#timeline").inner_text()

    failed, after = screen.show(retry, url=stack.url, user=owner, options={"locale": "en"})
    hurry(2)()
    history = screen.show(cancel, url=stack.url, user=owner, options={"locale": "en"})

    assert failed == busy > 0
    assert (after["delivered"], after["failed"]) == (60, 0)
    assert "Wrong price in the text" in history
    assert Campaign.objects.get(pk=second.pk).status == "cancelled"
    assert len({one["destination"] for one in stack.simulator.received()}) == 60
