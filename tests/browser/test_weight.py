"""What a browser has to fetch for a campaign's page, from a web process as in production: compressed, once, from us."""

import subprocess
import sys
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Page, expect

from audiences.models import Member
from tests.browser.rows import HALF_FAILED, a_shop
from tests.browser.screen import Screen
from tests.flows.conftest import simulator, stack
from tests.flows.stack import Stack
from tests.simulator import ROOT

__all__ = ["simulator", "stack"]

pytestmark = [pytest.mark.browser, pytest.mark.flow, pytest.mark.django_db(transaction=True)]
MOST = 60_000  # bytes
PRODUCTION = {"DEBUG": "0", "ALLOWED_HOSTS": "127.0.0.1", "SECURE_SSL_REDIRECT": "0"}
# Files of packages that no page of the console has, and that take a minute to compress.
OTHERS = ("admin", "rest_framework", "drf_spectacular_sidecar")


class Fetched(NamedTuple):
    """One answer as it came over the line: bytes with headers, and how they were packed."""

    url: str
    size: int
    packed: str


class Scales:
    """Weighs what a page fetches."""

    def __init__(self, page: Page) -> None:
        self._answers: dict[str, dict[str, Any]] = {}
        self.found: list[Fetched] = []
        line = page.context.new_cdp_session(page)
        line.on("Network.responseReceived", lambda event: self._answers.update({event["requestId"]: event["response"]}))
        line.on("Network.loadingFinished", self._finished)
        line.send("Network.enable")

    def _finished(self, event: dict[str, Any]) -> None:
        answer = self._answers[event["requestId"]]
        packed = {name.lower(): value for name, value in answer["headers"].items()}.get("content-encoding", "")
        self.found.append(Fetched(answer["url"], int(event["encodedDataLength"]), packed))


@pytest.fixture
def web(stack: Stack) -> Stack:
    """A web process with the static files of a release."""
    ignored = [word for name in OTHERS for word in ("--ignore", name)]
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0", *ignored]
    done = subprocess.run(collect, cwd=ROOT, env=stack.environment(**PRODUCTION), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    stack.start("web", **PRODUCTION)
    return stack


@pytest.fixture
def member(web: Stack) -> Member:
    return a_shop()


@pytest.mark.timeout(240)
def test_a_campaigns_page_is_light_and_fetches_its_large_chart_only_when_asked(
    screen: Screen, web: Stack, member: Member
) -> None:
    path = HALF_FAILED.address(member)

    def look(page: Page) -> tuple[list[Fetched], list[Fetched]]:
        scales = Scales(page)
        page.goto(path)
        page.wait_for_function("() => !document.querySelector('[data-wait]')")
        page.wait_for_load_state("load")
        first = list(scales.found)
        page.get_by_role("button", name="Look closer").click()
        page.locator("#rates .u-over").wait_for()
        expect(page.locator("#rates [data-span]")).to_contain_text("at most")
        return first, scales.found[len(first) :]

    first, later = screen.show(look, url=web.url, user=member.user, options={"locale": "en"})

    sizes = {one.url.removeprefix(web.url): one.size for one in first}
    print(f"a campaign's page: {sum(sizes.values())} bytes: {sizes}")
    assert sum(sizes.values()) <= MOST, sizes
    assert {one.packed for one in first if one.url.endswith((".js", ".css"))} == {"br"}
    assert [one.packed for one in first if one.url.endswith(path)] == ["gzip"]
    assert all(one.url.startswith(web.url) for one in [*first, *later])
    assert not any("vendor" in one.url for one in first)
    assert any(one.url.endswith("vendor/uplot.js") and one.packed == "br" for one in later)
