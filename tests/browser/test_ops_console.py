"""Trouble and its end in the ops console, by clicking, on the real processes: staff logs in with a code of an app."""

import re
import time
from base64 import b32decode

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django_otp.oath import TOTP
from playwright.sync_api import Page, expect

from audiences.models import User
from campaigns.models import Campaign
from campaigns.progress import read
from campaigns.services.launch import launch
from config.audit import SYSTEM
from config.heartbeats import processes, served
from messaging.models import Alert, ProviderAccount
from tests.browser.screen import Screen
from tests.factories import CampaignFactory, UserFactory
from tests.flows.conftest import account, simulator, stack
from tests.flows.stack import Stack, eventually

__all__ = ["account", "simulator", "stack"]
pytestmark = [pytest.mark.browser, pytest.mark.flow, pytest.mark.timeout(480)]
PASSWORD = "correct horse battery"
PATIENCE = 150_000  # ms: the machine may be busy
REASON = "the merchant asked by phone"


def _boss() -> User:
    """A superuser whose password the real web process can check."""
    boss = UserFactory.create(email="boss@example.org", is_staff=True, is_superuser=True)
    User.objects.filter(pk=boss.pk).update(password=Argon2PasswordHasher().encode(PASSWORD, "somewhatsalty"))
    return boss


def _log_in(page: Page) -> None:
    """The password, the app that is set up with the key of the page, and its first code."""
    page.goto("/admin/")
    page.get_by_label("Email").fill("boss@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator(".qr svg")).to_be_visible()
    totp = TOTP(b32decode(page.locator(".steps code").inner_text().replace(" ", "")))
    totp.time = time.time()
    page.get_by_label("Code").fill(f"{totp.token():06d}")
    page.get_by_role("button", name="Set up").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="Now")).to_be_visible()


def _operate(page: Page, name: str) -> None:
    """One operation on the page of a campaign, with its question and a reason."""
    page.get_by_role("button", name=name).click()
    page.get_by_label("Reason").fill(REASON)
    page.locator(".submit-row").get_by_role("button", name=name).click()
    expect(page.locator(".messagelist .success")).to_be_visible()


def test_a_stopped_worker_is_seen_mended_and_told(screen: Screen, stack: Stack, account: ProviderAccount) -> None:
    ProviderAccount.objects.filter(pk=account.pk).update(parts_per_second=10)
    boss = _boss()
    stack.start("web", "stream", "work", "beat", "send1", OPS_TOTP_REQUIRED="1", WATCH_LATE_SECONDS="5")
    eventually(lambda: {"import", "send"} <= set(served(processes())), seconds=120, what="workers beat")
    campaign = CampaignFactory.create(people=160, name="Summer sale")
    launch(store_id=campaign.store_id, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)
    eventually(lambda: read(campaign.pk).counts["pending"] < 160, seconds=120, what="something leaves")
    stack.kill("send1")

    def staff(page: Page) -> str:
        _log_in(page)
        trouble = page.locator(".panel.trouble")
        expect(trouble).to_contain_text("No worker of the queue send is alive", timeout=PATIENCE)
        expect(page.get_by_role("row", name=re.compile("Summer sale"))).to_contain_text("sending")

        page.get_by_role("link", name="Summer sale").click()
        _operate(page, "Pause sending")
        _operate(page, "Resume sending")
        stack.start("send1", WATCH_LATE_SECONDS="5")
        page.goto("/admin/")
        expect(page.get_by_text("Nothing is being sent.")).to_be_visible(timeout=PATIENCE)
        expect(page.locator("#content-main")).not_to_contain_text("No worker of the queue send", timeout=PATIENCE)

        page.goto(f"/admin/config/auditevent/?q=campaign:{campaign.pk}")
        return page.locator("#result_list").inner_text()

    audit = screen.show(staff, url=stack.url, options={"locale": "en"})

    assert f"staff:{boss.pk} boss@example.org" in audit
    assert REASON in audit
    assert {"sending → paused", "paused → sending"} <= set(re.findall(r"\w+ → \w+", audit))
    assert Campaign.objects.get(pk=campaign.pk).status == "completed"
    assert Alert.objects.filter(name="no_worker", subject="queue:send", closed_at__isnull=False).count() == 1
