"""Whether a page can be used by everybody: what axe finds, and whether it fits its screen."""

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OPTIONS = {
    "iframes": False,
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": WCAG},
}
ON_PURPOSE = {"meta-refresh"}  # the maintenance page looks again by itself, without a script


def faults_on(page: Page, width: int) -> list[str]:
    """What axe finds against WCAG A and AA, and whether the page is wider than the screen."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = [
        f"{each['id']}: {each['nodes'][0]['html'][:160]}"
        for each in page.evaluate("options => axe.run(document, options)", OPTIONS)["violations"]
        if each["impact"] in {"serious", "critical"} and each["id"] not in ON_PURPOSE
    ]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return found + ([f"{wide} pixels wide"] if wide > width else [])
