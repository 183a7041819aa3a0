"""axe-core in a page: what it calls serious or critical, in words."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

RUN = """
async (context) => {
  const { violations } = await axe.run(context || document, { resultTypes: ["violations"] });
  return violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `axe ${id}: ${html.slice(0, 120)}`));
}
"""


def serious(page: Page, *, inside: str = "") -> list[str]:
    """The violations on the page as it is now; `inside`: only below this selector."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(RUN, inside)
    return found
