"""A Chromium in a thread of its own: Playwright keeps a loop running there, and Django wants no database beside one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from audiences.models import User

Result = TypeVar("Result")
SECONDS = 60.0  # for one wait of a page: the machine may be busy
expect.set_options(timeout=SECONDS * 1000)
# Said by Chromium itself about what a test does on purpose.
EXPECTED = ("net::ERR_", "status of 4", "status of 5")


class Screen:
    """Runs what a person does in a browser; whatever the browser complains about fails the test."""

    def __init__(self, executable: str) -> None:
        self.thread = ThreadPoolExecutor(1)
        self.complaints: list[str] = []
        self.playwright: Playwright = self._do(lambda: sync_playwright().start())
        self.browser: Browser = self._do(
            lambda: self.playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        )

    def close(self) -> None:
        """End the browser and its thread."""
        self._do(self.browser.close)
        self._do(self.playwright.stop)
        self.thread.shutdown()

    def show(
        self,
        person: Callable[[Page], Result],
        *,
        url: str,
        user: User | None = None,
        options: dict[str, Any] | None = None,
    ) -> Result:
        """What `person` comes to, who is logged in as `user` and begins with an empty page of the site at `url`."""
        cookies = _session(user, url) if user else []
        return self._do(lambda: self._show(person, url, cookies, options or {}))

    def _show(self, person: Callable[[Page], Result], url: str, cookies: list[Any], options: dict[str, Any]) -> Result:
        context = self.browser.new_context(base_url=url, **options)
        context.set_default_timeout(SECONDS * 1000)
        context.add_cookies(cookies)
        self.complaints.clear()
        context.on("page", self._listen)
        try:
            result = person(context.new_page())
        finally:
            context.close()
        assert not self.complaints, self.complaints
        return result

    def _listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._hear(page, message.type, message.text))

    def _hear(self, page: Page, kind: str, text: str) -> None:
        if kind == "error" and not any(words in text for words in EXPECTED):
            self.complaints.append(f"{page.url}: {text}")

    def _do(self, work: Callable[[], Result]) -> Result:
        return self.thread.submit(work).result()


def beside(work: Callable[[], Result]) -> Result:
    """Do something with the database while a page is open: Django refuses it in the browser's own thread."""

    def closing() -> Result:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as one:
        return one.submit(closing).result()


def _session(user: User, url: str) -> list[Any]:
    """The cookie of somebody who has just signed in."""
    browser = Client()
    browser.force_login(user)
    return [{"name": "sessionid", "value": browser.cookies["sessionid"].value, "url": url}]
