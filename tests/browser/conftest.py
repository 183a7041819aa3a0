"""A real Chromium, that of bin/launcher/steps.py; without one these tests say so and are skipped."""

import mimetypes
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.browser.chromium import find_browser
from tests.browser.screen import Screen

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "http://console.test"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a file of tests.

    No longer than that: Playwright keeps an event loop running in this thread, and Django refuses its database there.
    """
    executable = find_browser()
    if executable is None:
        pytest.skip("no Chromium found: install it, or set HELIOGRAPH_CHROMIUM")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def screen() -> Iterator[Screen]:
    """A Chromium that may stand beside the database, for pages that are served."""
    executable = find_browser()
    if executable is None:
        pytest.skip("no Chromium found: install it, or set HELIOGRAPH_CHROMIUM")
    started = Screen(executable)
    yield started
    started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page at ORIGIN, which serves our static files; nothing leaves this machine."""
    made = browser.new_page()
    made.route("**/*", serve)
    made.goto(f"{ORIGIN}/")
    yield made
    made.close()


def serve(route: Route) -> None:
    """A static file of one of the apps, or an empty page."""
    name = route.request.url.removeprefix(f"{ORIGIN}/")
    found = next(ROOT.glob(f"*/{name}"), None) if name.startswith("static/") else None
    if found is None:
        route.fulfill(body="<!doctype html><title>empty</title>", content_type="text/html")
    else:
        route.fulfill(body=found.read_bytes(), content_type=mimetypes.guess_type(found)[0] or "text/plain")
