"""Whether a page can be used by everybody: what axe finds, and whether it fits its screen."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OPTIONS = {
    "iframes": False,
    "preload": False,  # its rules on style sheets are not among these
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": WCAG},
}
#: What another width and another scheme can change; the rest stands in the page itself.
LOOKS = {"type": "rule", "values": ["color-contrast", "target-size", "link-in-text-block"]}
WIDE = """() => {
  const wide = document.documentElement.scrollWidth;
  const right = (element) => element.getBoundingClientRect().right;
  const scrolls = (element) => element.closest("pre, .table-wrap, [tabindex='0']");
  const furthest = wide > innerWidth
    ? [...document.querySelectorAll("body *")].filter((element) => !scrolls(element))
        .sort((one, other) => right(other) - right(one))[0]
    : null;
  const lists = [...document.querySelectorAll(".table-wrap:not(.diff)")]
    .filter((list) => list.checkVisibility() && list.scrollWidth > list.clientWidth + 1);
  return [wide, furthest?.outerHTML.slice(0, 120), lists.map((list) => list.ariaLabel)];
}"""
ON_PURPOSE = {"meta-refresh"}  # the maintenance page looks again by itself, without a script


def faults_on(page: Page, width: int) -> list[str]:
    """What axe finds against WCAG A and AA, and whether the page is wider than the screen."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    return _faults(page, width, OPTIONS)


def faults_in_other_looks(page: Page, width: int) -> list[str]:
    """The same after `faults_on`, of what changes with the width and the scheme of the page."""
    return _faults(page, width, OPTIONS | {"runOnly": LOOKS})


def is_too_wide(page: Page, width: int) -> list[str]:
    """Whether the page scrolls sideways, and what reaches furthest; which lists of it do."""
    wide, furthest, lists = page.evaluate(WIDE)
    found = [f"a list is clipped at {width}: {each}" for each in lists]
    if wide > width:
        found.append(f"{wide} pixels wide instead of {width}: {furthest}")
    return found


def _faults(page: Page, width: int, options: dict[str, Any]) -> list[str]:
    """All of them, however serious."""
    found = [
        f"{each['id']}: {each['nodes'][0]['html'][:160]}"
        for each in page.evaluate("options => axe.run(document, options)", options)["violations"]
        if each["id"] not in ON_PURPOSE
    ]
    return found + is_too_wide(page, width)
