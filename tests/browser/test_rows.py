"""The table of pages is whole: whatever the URL conf has is looked at, or said why not. Needs no browser."""

from tests.architecture.test_urls import CONSOLE, routes
from tests.browser.rows import NO_PAGES, ROWS

# Of staff: tests/admin looks at them.
ADMIN = "/admin/"


def test_every_page_has_a_row() -> None:
    pages = {route.path for route in routes() if route.view is None and not route.path.startswith(ADMIN)}

    assert pages - {row.path for row in ROWS} - set(NO_PAGES) == set()


def test_every_row_is_a_page_that_exists() -> None:
    paths = {route.path for route in routes()}

    assert {row.path for row in ROWS} - paths == set()
    assert set(NO_PAGES) - paths == set()


def test_every_page_of_the_console_is_looked_at() -> None:
    assert {route.path for route in CONSOLE} - {row.path for row in ROWS} == set()
