"""Whether a page can be used by everybody: what axe finds, and whether it fits its screen."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OPTIONS = {
    "iframes": False,
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": WCAG},
}
#: What another width and another scheme can change; the rest stands in the page itself.
LOOKS = {"type": "rule", "values": ["color-contrast", "target-size", "link-in-text-block"]}
ON_PURPOSE = {"meta-refresh"}  # the maintenance page looks again by itself, without a script


def faults_on(page: Page, width: int) -> list[str]:
    """What axe finds against WCAG A and AA, and whether the page is wider than the screen."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    return _faults(page, width, OPTIONS)


def faults_in_other_looks(page: Page, width: int) -> list[str]:
    """The same after `faults_on`, of what changes with the width and the scheme of the page."""
    return _faults(page, width, OPTIONS | {"runOnly": LOOKS})


def _faults(page: Page, width: int, options: dict[str, Any]) -> list[str]:
    found = [
        f"{each['id']}: {each['nodes'][0]['html'][:160]}"
        for each in page.evaluate("options => axe.run(document, options)", options)["violations"]
        if each["impact"] in {"serious", "critical"} and each["id"] not in ON_PURPOSE
    ]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return found + ([f"{wide} pixels wide"] if wide > width else [])
